package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/riverqueue/river"
	"github.com/wneessen/go-mail"

	"stoa/storage"
)

// letterTimeout is how long a mail server may take for one letter.
const letterTimeout = 30 * time.Second

// postman sends the letters that were left in transactions.
type postman struct {
	river.WorkerDefaults[storage.Letter]
	n *node
}

// Work implements river.Worker. Without a mail server the letter goes to the log,
// where whoever runs a small node finds the link for somebody they know.
func (p *postman) Work(ctx context.Context, job *river.Job[storage.Letter]) error {
	l := &job.Args
	if p.n.cfg.SMTP == nil {
		p.n.log.Warn("no mail server is set (smtp), so here is the letter", "to", l.To, "subject", l.Subject, "text", l.Text)
		return nil
	}
	m := mail.NewMsg()
	if err := errors.Join(m.FromFormat(p.n.cfg.Name, p.n.cfg.MailFrom), m.To(l.To)); err != nil {
		return river.JobCancel(fmt.Errorf("letter: %w", err))
	}
	m.Subject(l.Subject)
	m.SetBodyString(mail.TypeTextPlain, l.Text)
	m.SetDate()
	m.SetMessageID()
	client, err := p.client()
	if err != nil {
		return river.JobCancel(err)
	}
	return client.DialAndSendWithContext(ctx, m)
}

// client speaks to the mail server of the configuration. What goes to another
// machine is encrypted.
func (p *postman) client() (*mail.Client, error) {
	u := p.n.cfg.SMTP
	options := []mail.Option{mail.WithTimeout(letterTimeout)}
	switch {
	case u.Scheme == "smtps":
		options = append(options, mail.WithSSL())
	case isLoopback(u.Hostname()):
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, err
		}
		options = append(options, mail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return client, nil
}
