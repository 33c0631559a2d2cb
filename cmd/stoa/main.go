// Command stoa is a federated discussion server: `stoa serve` runs a node, the
// other commands are its admin's. Everything is wired here and nothing decided.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"stoa/federation/forum"
)

// version is set when the program is built.
var version = "dev"

// commands is the command line.
type commands struct {
	Config        string `help:"configuration file; by default stoa.toml in the data folder" placeholder:"FILE" type:"path" name:"config"`
	URL           string `help:"${url}" placeholder:"URL" name:"url"`
	Listen        string `help:"${listen}" placeholder:"HOST:PORT"`
	ListenPrivate string `help:"${listen_private}" placeholder:"HOST:PORT"`
	Data          string `help:"${data}" placeholder:"FOLDER"`
	DatabaseURL   string `help:"${database_url}" placeholder:"URL" name:"database-url"`
	DevFederation string `help:"${dev_federation}" placeholder:"BOOL"`
	TrustedProxy  string `help:"${trusted_proxies}" placeholder:"NETWORKS" name:"trusted-proxies"`
	Log           string `help:"${log}" placeholder:"LEVEL"`
	LogAddresses  string `help:"${log_addresses}" placeholder:"HOW"`
	Name          string `help:"${name}" placeholder:"NAME"`
	Summary       string `help:"${summary}" placeholder:"TEXT"`
	Source        string `help:"${source}" placeholder:"URL"`
	MediaBudget   string `help:"${media_budget}" placeholder:"SIZE"`
	UploadBudget  string `help:"${upload_budget}" placeholder:"SIZE"`
	S3Endpoint    string `help:"${s3_endpoint}" placeholder:"URL" name:"s3-endpoint"`
	S3Bucket      string `help:"${s3_bucket}" placeholder:"NAME" name:"s3-bucket"`
	S3Region      string `help:"${s3_region}" placeholder:"NAME" name:"s3-region"`
	S3Key         string `help:"${s3_key}" placeholder:"KEY" name:"s3-key"`
	S3Secret      string `help:"${s3_secret}" placeholder:"SECRET" name:"s3-secret"`
	S3PathStyle   string `help:"${s3_path_style}" placeholder:"BOOL" name:"s3-path-style"`
	MediaRefuse   string `help:"${media_refuse}" placeholder:"FILE"`
	MediaCheck    string `help:"${media_check}" placeholder:"URL"`
	Registration  string `help:"${registration}" placeholder:"WHO"`
	MinimumAge    string `help:"${minimum_age}" placeholder:"YEARS"`
	Communities   string `help:"${communities}" placeholder:"WHO"`
	SignedFetch   string `help:"${signed_fetch}" placeholder:"WHO"`
	SMTP          string `help:"${smtp}" placeholder:"URL" name:"smtp"`
	MailFrom      string `help:"${mail_from}" placeholder:"ADDRESS"`
	Suggest       string `help:"${suggest_servers}" placeholder:"HOSTS" name:"suggest-servers"`
	Proofs        string `help:"${proofs}" placeholder:"BOOL"`
	Begin         string `help:"${suggest_communities}" placeholder:"NAMES" name:"suggest-communities"`
	Contact       string `help:"${contact}" placeholder:"TEXT"`

	Serve      serveCommand      `cmd:"" help:"Run the node. With nothing else set, a trial node on http://localhost:8080."`
	Demo       demoCommand       `cmd:"" help:"Run three nodes on this machine that federate with each other, with a conversation among them."`
	Init       initCommand       `cmd:"" help:"Make a real node: stoa init --url https://forum.example"`
	ConfigCmd  configCommand     `cmd:"" name:"config" help:"Print the configuration in force and where each value came from."`
	Doctor     doctorCommand     `cmd:"" help:"Check what the node needs and say what to do about the rest."`
	Account    accountCommand    `cmd:"" help:"People who live on this node."`
	Community  communityCommand  `cmd:"" help:"Communities of this node."`
	Follow     followCommand     `cmd:"" help:"Have the node follow communities of other servers, which fill it, or add to what it follows."`
	Unfollow   unfollowCommand   `cmd:"" help:"Undo follow. What is here stays."`
	Following  followingCommand  `cmd:"" help:"What the node follows, who has not answered yet, and how far the past of each is read."`
	Discover   discoverCommand   `cmd:"" help:"List the communities of another server, and follow some of them."`
	Block      blockCommand      `cmd:"" help:"Take nothing from a server, and send it nothing, from now on; without a server, show who is blocked."`
	Unblock    unblockCommand    `cmd:"" help:"Undo block."`
	Allow      allowCommand      `cmd:"" help:"Put a server on the list of those that may be spoken with, or show the list; --only on speaks with no others."`
	Disallow   disallowCommand   `cmd:"" help:"Undo allow."`
	Ban        banCommand        `cmd:"" help:"Keep somebody, of this server or another, from taking part in anything here."`
	Unban      unbanCommand      `cmd:"" help:"Undo ban."`
	Remove     removeCommand     `cmd:"" help:"Take a post, comment or community away from readers, with a reason. Undo with restore."`
	Restore    restoreCommand    `cmd:"" help:"Undo remove."`
	Purge      purgeCommand      `cmd:"" help:"Destroy a post, a comment, or all that a person wrote. Cannot be undone."`
	Rerender   rerenderCommand   `cmd:"" help:"Render texts anew that were rendered by an older version. Works beside the running node, and goes on where it was stopped."`
	Media      mediaCommand      `cmd:"" help:"Pictures of other servers."`
	Emoji      emojiCommand      `cmd:"" help:"Pictures that stand for words here: whoever lives on this node writes :name:."`
	Federation federationCommand `cmd:"" help:"How this node gets on with other servers: who is behind, what was refused, what became of one activity."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// app is what every command gets.
type app struct {
	ctx    context.Context //nolint:containedctx // a command runs once, and kong hands its Run nothing but this
	cfg    *config
	out    io.Writer
	err    io.Writer
	getenv func(string) string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv)
	stop()
	os.Exit(status)
}

// run is the program: it returns the exit status. Tests start it with a context
// they end.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	var cli commands
	help := kong.Vars{}
	for _, s := range settings {
		help[underscore(s.Key)] = s.Help
	}
	status := -1
	parser, err := kong.New(&cli, kong.Name("stoa"), help,
		kong.Description("A federated discussion server: communities that people join from their own servers."),
		kong.Writers(stdout, stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { status = code }))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "stoa:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if status >= 0 {
		return status // --help
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "stoa: %v\nTry stoa --help.\n", err)
		return 2
	}
	a := &app{ctx: ctx, out: stdout, err: stderr, getenv: getenv}
	if parsed.Command() != "version" {
		if a.cfg, err = readConfig(cli.flags(), cli.Config, getenv); err != nil {
			_, _ = fmt.Fprintln(stderr, "stoa:", err)
			return 2
		}
	}
	if err := parsed.Run(a); err != nil {
		_, _ = fmt.Fprintln(stderr, "stoa:", explain(err))
		return 1
	}
	return 0
}

// explain leaves the machine's part of a refusal out.
func explain(err error) string {
	if r, ok := errors.AsType[*forum.Refusal](err); ok {
		return r.Text
	}
	return err.Error()
}

func underscore(key string) string {
	b := []byte(key)
	for i := range b {
		if b[i] == '-' {
			b[i] = '_'
		}
	}
	return string(b)
}

// flags are the settings that the command line names.
func (c *commands) flags() map[string]string {
	given := map[string]string{}
	for key, text := range map[string]string{
		"url": c.URL, "listen": c.Listen, "listen-private": c.ListenPrivate, "data": c.Data, "database-url": c.DatabaseURL,
		"dev-federation": c.DevFederation, "trusted-proxies": c.TrustedProxy, "log": c.Log, "log-addresses": c.LogAddresses,
		"name": c.Name, "summary": c.Summary, "source": c.Source, "contact": c.Contact,
		"media-budget": c.MediaBudget, "upload-budget": c.UploadBudget, "media-refuse": c.MediaRefuse, "media-check": c.MediaCheck,
		"s3-endpoint": c.S3Endpoint, "s3-bucket": c.S3Bucket, "s3-region": c.S3Region, "s3-key": c.S3Key, "s3-secret": c.S3Secret, "s3-path-style": c.S3PathStyle,
		"registration": c.Registration, "minimum-age": c.MinimumAge, "communities": c.Communities, "signed-fetch": c.SignedFetch, "smtp": c.SMTP, "mail-from": c.MailFrom, "suggest-servers": c.Suggest, "suggest-communities": c.Begin, "proofs": c.Proofs,
	} {
		if text != "" {
			given[key] = text
		}
	}
	return given
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(a *app) error {
	_, err := fmt.Fprintln(a.out, "stoa", version)
	return err
}

type configCommand struct{}

// Run prints the configuration in force.
func (configCommand) Run(a *app) error {
	_, _ = fmt.Fprintf(a.out, "# file: %s\n", a.cfg.file)
	for _, s := range settings {
		v := a.cfg.values[s.Key]
		text := fmt.Sprintf("%q", v.Text)
		if s.Secret && v.Text != "" {
			text = `"…"`
		}
		if _, err := fmt.Fprintf(a.out, "# %s\n%s = %s  # from %s\n", s.Help, s.Key, text, v.From); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "# in force: listens on %s, private %s\n", a.cfg.Listen, firstOf(a.cfg.ListenPrivate, "off"))
	return err
}
