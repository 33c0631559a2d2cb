package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"stoa/federation/forum"
	"stoa/storage/bucket"
)

// A setting is one key of the configuration: in the file under Key, in the
// environment as STOA_KEY, on the command line as --key. A later one of these
// three wins.
type setting struct {
	Key     string
	Default string
	Help    string
	Secret  bool // printed without its value
}

// settings is the whole configuration.
var settings = []setting{
	{Key: "url", Default: "http://localhost:8080", Help: "public address of the node; every id begins with it, so it is fixed at the first start"},
	{Key: "listen", Default: "", Help: "host:port for everybody; empty means the port of url on localhost, or localhost:8080 behind a proxy"},
	{Key: "listen-private", Default: "", Help: "host:port for the admin: /healthz /readyz /metrics; empty means the next port on 127.0.0.1, off turns it off"},
	{Key: "data", Default: "data", Help: "folder of the node: its own Postgres, and stoa.toml"},
	{Key: "database-url", Default: "", Help: "a Postgres to use instead of the node's own", Secret: true},
	{Key: "dev-federation", Default: "false", Help: "federate over plain http and with loopback addresses; for test beds, refused when url is public"},
	{Key: "trusted-proxies", Default: "", Help: "networks whose X-Forwarded-For is believed, such as 127.0.0.1/32, separated by commas"},
	{Key: "log", Default: "info", Help: "debug, info, warn or error; with ,json for one JSON object a line"},
	{Key: "log-addresses", Default: "short", Help: "network addresses in the log of requests: short keeps the /24 of IPv4 and the /48 of IPv6, whole keeps all of them"},
	{Key: "name", Default: "", Help: "name of the node, at most 20 characters; empty means its host"},
	{Key: "summary", Default: "", Help: "what the node is for, in at most 150 characters"},
	{Key: "source", Default: "", Help: "where the source code this node runs can be had; its licence gives every user a right to it"},
	{Key: "media-budget", Default: "2GiB", Help: "room for pictures of other servers, such as 500MiB; what was longest not looked at goes first"},
	{Key: "upload-budget", Default: "5GiB", Help: "room for pictures that people of this node send; when it is full, nothing more is taken"},
	{Key: "s3-endpoint", Default: "", Help: "address of a server that speaks S3, such as https://s3.example: pictures of people here go there; empty keeps them in the data folder"},
	{Key: "s3-bucket", Default: "", Help: "bucket for these pictures, which is there already"},
	{Key: "s3-region", Default: "us-east-1", Help: "region of the bucket"},
	{Key: "s3-key", Default: "", Help: "access key for the bucket"},
	{Key: "s3-secret", Default: "", Help: "secret of the access key", Secret: true},
	{Key: "s3-path-style", Default: "true", Help: "true names the bucket in the path, false in the host"},
	{Key: "media-refuse", Default: "", Help: "file of SHA-256 hashes of pictures that are never shown, one a line"},
	{Key: "media-check", Default: "", Help: "address of a service that is POSTed each picture before it is shown: 2xx lets it pass, 4xx refuses it"},
	{Key: "registration", Default: "closed", Help: "open lets anybody have an account who gets mail at an address; closed lets nobody"},
	{Key: "minimum-age", Default: "16", Help: "how old, in years, people have to say they are who join by themselves; 0 asks nobody"},
	{Key: "communities", Default: "admins", Help: "who makes communities through the pages: admins, or everybody with an account"},
	{Key: "signed-fetch", Default: "optional", Help: "required gives documents to none but servers that sign their requests, and so to none that are blocked; optional gives them to everybody else too"},
	{Key: "proofs", Default: "false", Help: "sign what people here say inside the documents too, so that other servers can believe it whoever brings it; activities get some 4 KB larger"},
	{Key: "smtp", Default: "", Help: "mail server: smtps://user:password@host:465, or smtp://host:587, which must offer STARTTLS unless it is on this machine; empty writes letters to the log", Secret: true},
	{Key: "mail-from", Default: "", Help: "address that letters come from; empty means noreply@ the host of the node"},
	{Key: "suggest-servers", Default: "lemmy.world, piefed.social, feddit.org", Help: "servers whose communities an admin with nothing to read yet is offered to look at; nothing is asked of them before; off offers none"},
	{Key: "suggest-communities", Default: "!newcommunities@lemmy.world, !fediverse@lemmy.world, !technology@lemmy.world, !selfhosted@lemmy.world, !asklemmy@lemmy.ml, !science@mander.xyz, !piefed_meta@piefed.social, !dach@feddit.org", Help: "communities of other servers that everybody is offered while the node is empty and knows of none; nothing is asked of their servers before; off offers none"},
	{Key: "contact", Default: "", Help: "how to reach the admin: an address or a page"},
}

// A value is what is in force for a setting, and where it came from.
type value struct {
	Text, From string
}

// config is a configuration that has been read and checked.
type config struct {
	URL            *url.URL
	Listen         string
	ListenPrivate  string // empty when off
	Data           string
	DatabaseURL    string
	DevFederation  bool
	Proofs         bool
	TrustedProxies []netip.Prefix
	LogLevel       slog.Level
	LogJSON        bool
	LogWhole       bool // network addresses are not shortened in the log
	Name, Summary  string
	Contact        string
	Suggest        []string          // hosts
	Begin          []forum.Community // names and hosts
	Source         string
	MediaBudget    int64           // bytes
	UploadBudget   int64           // bytes
	S3             *bucket.Options // nil keeps uploads in the data folder
	MediaRefuse    string          // file
	MediaCheck     string          // URL
	Joining        bool            // registration is open
	MinimumAge     int             // years; 0 asks nobody
	Founding       bool            // everybody with an account makes communities
	SignedFetch    bool            // who does not sign gets no documents
	SMTP           *url.URL
	MailFrom       string

	values map[string]value
	file   string // the file that was read, or would be
}

// configFile is the name of the configuration file in the data folder.
const configFile = "stoa.toml"

// readConfig puts the configuration together. flags holds what the command line
// said; getenv is os.Getenv but in tests.
func readConfig(flags map[string]string, file string, getenv func(string) string) (*config, error) {
	c := &config{values: map[string]value{}}
	for _, s := range settings {
		c.values[s.Key] = value{s.Default, "default"}
	}
	take := func(key, text, from string) { c.values[key] = value{text, from} }

	// The folder decides where the file is, so it is looked for first.
	folder := firstOf(flags["data"], getenv("STOA_DATA"), c.values["data"].Text)
	explicit := firstOf(file, getenv("STOA_CONFIG"))
	c.file = firstOf(explicit, filepath.Join(folder, configFile))
	if err := c.readFile(explicit != "", take); err != nil {
		return nil, err
	}
	for _, s := range settings {
		if text := getenv(envName(s.Key)); text != "" {
			take(s.Key, text, envName(s.Key))
		}
		if text, ok := flags[s.Key]; ok {
			take(s.Key, text, "--"+s.Key)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func envName(key string) string {
	return "STOA_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// readFile reads the TOML file. A key that is no setting is an error with the
// nearest one named: a misspelt setting would otherwise be silently without effect.
func (c *config) readFile(must bool, take func(key, text, from string)) error {
	text, err := os.ReadFile(c.file)
	if errors.Is(err, os.ErrNotExist) && !must {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	var doc map[string]any
	if err := toml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("configuration %s: %w", c.file, err)
	}
	keys := make([]string, 0, len(doc))
	for key := range doc {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if _, ok := c.values[key]; !ok {
			return fmt.Errorf("configuration %s: there is no setting %q; did you mean %q?", c.file, key, nearest(key))
		}
		switch v := doc[key].(type) {
		case string:
			take(key, v, c.file)
		case bool, int64, float64:
			take(key, fmt.Sprint(v), c.file)
		case []any:
			parts := make([]string, len(v))
			for i := range v {
				parts[i] = fmt.Sprint(v[i])
			}
			take(key, strings.Join(parts, ","), c.file)
		default:
			return fmt.Errorf("configuration %s: %s must be a text", c.file, key)
		}
	}
	return nil
}

// check reads every value. Each error names the setting, where it came from and
// what it may be.
func (c *config) check() error {
	wrong := func(key, must string) error {
		v := c.values[key]
		return fmt.Errorf("configuration: %s is %q (from %s), but must be %s", key, v.Text, v.From, must)
	}
	text := func(key string) string { return strings.TrimSpace(c.values[key].Text) }
	var err error
	c.URL, err = url.Parse(strings.TrimSuffix(text("url"), "/"))
	if err != nil || c.URL.Host == "" || (c.URL.Scheme != "http" && c.URL.Scheme != "https") || c.URL.Path != "" || c.URL.RawQuery != "" || c.URL.User != nil {
		return wrong("url", "an address such as https://forum.example, without a path")
	}
	c.URL.Host = strings.ToLower(c.URL.Host)
	if c.Proofs, err = strconv.ParseBool(text("proofs")); err != nil {
		return wrong("proofs", "true or false")
	}
	if c.DevFederation, err = strconv.ParseBool(text("dev-federation")); err != nil {
		return wrong("dev-federation", "true or false")
	}
	if c.DevFederation && c.public() {
		return fmt.Errorf("configuration: dev-federation (from %s) opens this machine's own network to others and is refused for the public address %s",
			c.values["dev-federation"].From, c.URL)
	}
	if c.URL.Scheme == "http" && !isLoopback(c.URL.Hostname()) {
		return wrong("url", "https, since other servers refuse plain http; only a name such as localhost or node.localhost may be http")
	}
	if err := c.addresses(text, wrong); err != nil {
		return err
	}
	if err := c.accounts(text, wrong); err != nil {
		return err
	}
	c.Data, c.DatabaseURL, c.Contact = text("data"), text("database-url"), text("contact")
	c.Source = text("source")
	for _, network := range strings.FieldsFunc(text("trusted-proxies"), func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			addr, aerr := netip.ParseAddr(network)
			if aerr != nil {
				return wrong("trusted-proxies", "networks such as 10.0.0.0/8, separated by commas")
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	if c.MediaBudget, err = parseBytes(text("media-budget")); err != nil {
		return wrong("media-budget", "a number of bytes such as 500MiB or 2GiB, at least 10MiB")
	}
	if c.UploadBudget, err = parseBytes(text("upload-budget")); err != nil {
		return wrong("upload-budget", "a number of bytes such as 500MiB or 2GiB, at least 10MiB")
	}
	if err := c.uploads(text, wrong); err != nil {
		return err
	}
	if err := c.suggestions(text, wrong); err != nil {
		return err
	}
	c.MediaRefuse, c.MediaCheck = text("media-refuse"), text("media-check")
	if u, err := url.Parse(c.MediaCheck); c.MediaCheck != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return wrong("media-check", "an address such as http://127.0.0.1:9000/look")
	}
	level, format, _ := strings.Cut(text("log"), ",")
	if c.LogLevel.UnmarshalText([]byte(level)) != nil || (format != "" && format != "json") {
		return wrong("log", "debug, info, warn or error, and may end in ,json")
	}
	c.LogJSON = format == "json"
	switch text("log-addresses") {
	case "whole":
		c.LogWhole = true
	case "short":
	default:
		return wrong("log-addresses", "short or whole")
	}
	c.Name, c.Summary = firstOf(text("name"), c.URL.Hostname()), text("summary")
	if text("name") == "" && !c.public() {
		c.Name = "Stoa"
	}
	if text("name") == "" && utf8.RuneCountInString(c.Name) > forum.MaxNodeName {
		c.Name = "Stoa" // a host of that length would keep Lemmy from storing the node
	}
	if utf8.RuneCountInString(c.Name) > forum.MaxNodeName {
		return wrong("name", "at most 20 characters: Lemmy cannot store a longer one")
	}
	if utf8.RuneCountInString(c.Summary) > forum.MaxNodeSummary {
		return wrong("summary", "at most 150 characters: Lemmy cannot store a longer one")
	}
	return nil
}

// suggestions reads what an empty node offers to look at.
func (c *config) suggestions(text func(string) string, wrong func(key, must string) error) error {
	for _, name := range strings.FieldsFunc(text("suggest-servers"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if name == "off" {
			break
		}
		host, err := hostArgument(name)
		if err != nil {
			return wrong("suggest-servers", "names of servers such as forum.example, separated by commas")
		}
		c.Suggest = append(c.Suggest, host)
	}
	var err error
	if c.Begin, err = handlesIn(text("suggest-communities")); err != nil {
		return wrong("suggest-communities", "names of communities such as !cats@forum.example, separated by commas")
	}
	return nil
}

// uploads reads where on a server that speaks S3 pictures are kept.
func (c *config) uploads(text func(string) string, wrong func(string, string) error) error {
	style, err := strconv.ParseBool(text("s3-path-style"))
	if err != nil {
		return wrong("s3-path-style", "true or false")
	}
	if text("s3-endpoint") == "" {
		for _, key := range []string{"s3-bucket", "s3-key", "s3-secret"} {
			if text(key) != "" {
				return fmt.Errorf("configuration: %s is set (from %s), but s3-endpoint is not", key, c.values[key].From)
			}
		}
		return nil
	}
	for _, key := range []string{"s3-bucket", "s3-region", "s3-key", "s3-secret"} {
		if text(key) == "" {
			return fmt.Errorf("configuration: s3-endpoint is set (from %s), but %s is not", c.values["s3-endpoint"].From, key)
		}
	}
	u, err := url.Parse(strings.TrimSuffix(text("s3-endpoint"), "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return wrong("s3-endpoint", "an address such as https://s3.example, without a path")
	}
	if err := s3utils.CheckValidBucketNameStrict(text("s3-bucket")); err != nil {
		return wrong("s3-bucket", "the name of a bucket: 3 to 63 of a-z, 0-9, . and -")
	}
	c.S3 = &bucket.Options{Endpoint: u, Name: text("s3-bucket"), Region: text("s3-region"), Key: text("s3-key"), Secret: text("s3-secret"), PathStyle: style}
	return nil
}

// accounts reads who may have an account and documents, and how letters are sent.
func (c *config) accounts(text func(string) string, wrong func(string, string) error) error {
	switch text("registration") {
	case "open":
		c.Joining = true
	case "closed":
	default:
		return wrong("registration", "open or closed")
	}
	age, err := strconv.ParseUint(text("minimum-age"), 10, 7)
	if c.MinimumAge = int(age); err != nil || c.MinimumAge > 99 {
		return wrong("minimum-age", "a number of years such as 16, or 0")
	}
	switch text("communities") {
	case "everybody":
		c.Founding = true
	case "admins":
	default:
		return wrong("communities", "admins or everybody")
	}
	switch text("signed-fetch") {
	case "required":
		c.SignedFetch = true
	case "optional":
	default:
		return wrong("signed-fetch", "optional or required")
	}
	if server := text("smtp"); server != "" {
		u, err := url.Parse(server)
		if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") || strings.Trim(u.Path, "/") != "" {
			c.values["smtp"] = value{"…", c.values["smtp"].From} // it may hold a password
			return wrong("smtp", "smtp://host:port or smtps://user:password@host:port")
		}
		c.SMTP = u
	}
	if c.MailFrom = text("mail-from"); c.MailFrom == "" {
		c.MailFrom = "noreply@" + c.URL.Hostname()
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		return wrong("mail-from", "an address such as noreply@forum.example")
	}
	return nil
}

// parseBytes reads a number of bytes with its unit: KiB, MiB, GiB or TiB.
func parseBytes(text string) (int64, error) {
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 16)
			if bytes := int64(n) << (10 * (i + 1)); err == nil && bytes >= smallestMedia {
				return bytes, nil
			}
		}
	}
	return 0, strconv.ErrRange
}

// smallestMedia holds the pictures of one page.
const smallestMedia = 10 << 20

// addresses fills in where to listen. Nothing but loopback is listened on unless
// the admin says so: a node is meant to stand behind a proxy that has the certificate.
func (c *config) addresses(text func(string) string, wrong func(string, string) error) error {
	c.Listen = text("listen")
	if c.Listen == "" {
		c.Listen = "localhost:8080"
		if port := c.URL.Port(); port != "" && isLoopback(c.URL.Hostname()) {
			c.Listen = net.JoinHostPort(loopbackHost(c.URL.Hostname()), port)
		}
	}
	host, port, err := net.SplitHostPort(c.Listen)
	number, perr := strconv.Atoi(port)
	if err != nil || perr != nil || number < 0 || number > 65535 {
		return wrong("listen", "host:port, such as localhost:8080")
	}
	if c.DevFederation && !isLoopback(host) {
		return wrong("listen", "on loopback while dev-federation is on")
	}
	switch c.ListenPrivate = text("listen-private"); c.ListenPrivate {
	case "off":
		c.ListenPrivate = ""
	case "":
		next := 0
		if number != 0 && number < 65535 {
			next = number + 1
		}
		c.ListenPrivate = net.JoinHostPort("127.0.0.1", strconv.Itoa(next))
	default:
		if _, _, err := net.SplitHostPort(c.ListenPrivate); err != nil {
			return wrong("listen-private", "host:port, such as 127.0.0.1:8081, or off")
		}
	}
	return nil
}

// public reports whether the node's address is one that others can reach.
func (c *config) public() bool { return !isLoopback(c.URL.Hostname()) }

// isLoopback reports whether a host name means this machine by its very form.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// loopbackHost is what to listen on for a loopback name.
func loopbackHost(host string) string {
	if strings.HasSuffix(host, ".localhost") {
		return "127.0.0.1"
	}
	return host
}

// nearest is the setting whose name takes the fewest changes to become key.
func nearest(key string) string {
	best, distance := "", 1<<30
	for _, s := range settings {
		if d := editDistance(strings.ToLower(strings.ReplaceAll(key, "_", "-")), s.Key); d < distance {
			best, distance = s.Key, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// handlesIn reads names of communities, separated by commas or blanks; none from "off".
func handlesIn(text string) (all []forum.Community, err error) {
	for _, handle := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if handle == "off" {
			break
		}
		name, at, _ := strings.Cut(strings.TrimPrefix(handle, "!"), "@")
		host, err := hostArgument(at)
		if err != nil {
			return nil, err
		}
		if name == "" || strings.ContainsAny(name, "/ ?#%") {
			return nil, fmt.Errorf("%q is no name of a community", handle)
		}
		all = append(all, forum.Community{Name: name, Host: host})
	}
	return all, nil
}
