package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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
	// Whom to believe who a mail server is, and how to reach it: nil for what the
	// machine does, and something else in tests alone.
	roots *x509.CertPool
	dial  mail.DialContextFunc
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
// machine is encrypted, or does not go. Without a port it is 465 for TLS from the start
// (RFC 8314 §3.3), 587 where somebody signs in (RFC 6409 §3.1), else 25.
func (p *postman) client() (*mail.Client, error) {
	u := p.n.cfg.SMTP
	options := []mail.Option{mail.WithTimeout(letterTimeout), mail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), RootCAs: p.roots, MinVersion: tls.VersionTLS12})}
	if p.dial != nil {
		options = append(options, mail.WithDialContextFunc(p.dial))
	}
	port := mail.DefaultPort
	switch {
	case u.Scheme == "smtps":
		port = mail.DefaultPortSSL
	case u.User != nil:
		port = mail.DefaultPortTLS
	}
	switch {
	case u.Scheme == "smtps":
		options = append(options, mail.WithSSL())
	case isLoopback(u.Hostname()):
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if u.Port() != "" {
		var err error
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, err
		}
	}
	options = append(options, mail.WithPort(port))
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
