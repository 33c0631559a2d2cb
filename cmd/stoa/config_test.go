package main

import (
	"bytes"
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestConfigTakesFlagsBeforeEnvironmentBeforeFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, configFile)
	text := "url = \"https://file.example\"\nname = \"File\"\nsummary = \"from the file\"\ntrusted-proxies = [\"10.0.0.0/8\", \"::1\"]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"STOA_DATA": dir, "STOA_NAME": "Env", "STOA_URL": "https://env.example"}
	c, err := readConfig(map[string]string{"url": "https://flag.example"}, "", func(k string) string { return env[k] })
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]value{
		"url": {"https://flag.example", "--url"}, "name": {"Env", "STOA_NAME"}, "summary": {"from the file", file}, "log": {"info", "default"},
	} {
		if c.values[key] != want {
			t.Errorf("%s = %v, want %v", key, c.values[key], want)
		}
	}
	if len(c.TrustedProxies) != 2 {
		t.Errorf("trusted proxies: %v", c.TrustedProxies)
	}
}

// Every setting can be given as a flag, and stands in the help.
func TestEverySettingIsAFlag(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"url": "http://localhost:9999", "listen": "localhost:9998", "listen-private": "localhost:9997", "data": t.TempDir(), "database-url": "postgres:///other",
		"dev-federation": "true", "trusted-proxies": "10.0.0.0/8", "log": "warn", "log-addresses": "whole", "source": "https://source.example", "media-budget": "1GiB", "upload-budget": "1GiB",
		"media-refuse": "refused", "media-check": "https://check.example", "registration": "open", "minimum-age": "18", "communities": "everybody", "smtp": "smtp://mail.example",
		"mail-from": "porter@node.example", "suggest-servers": "large.example", "suggest-communities": "!cats@large.example",
		"s3-endpoint": "https://s3.example", "s3-bucket": "pictures", "s3-path-style": "false",
	}
	var help bytes.Buffer
	if status := run(t.Context(), []string{"--help"}, &help, &help, func(string) string { return "" }); status != 0 {
		t.Fatal(status)
	}
	for _, s := range settings {
		text := values[s.Key]
		if text == "" {
			text = "Text"
		}
		args := []string{"config"}
		if bucket := []string{"s3-endpoint", "s3-bucket", "s3-key", "s3-secret"}; slices.Contains(bucket, s.Key) { // none goes without the others
			for _, key := range bucket {
				args = append(args, "--"+key, cmp.Or(values[key], "Text"))
			}
		} else {
			args = append(args, "--"+s.Key, text)
		}
		var out, fault bytes.Buffer
		if status := run(t.Context(), args, &out, &fault, func(string) string { return "" }); status != 0 || !strings.Contains(out.String(), "--"+s.Key) {
			t.Errorf("--%s %s: %d\n%s%s", s.Key, text, status, &out, &fault)
		}
		if !strings.Contains(help.String(), "--"+s.Key+"=") {
			t.Errorf("--%s is not in the help", s.Key)
		}
	}
}

func TestConfigRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		flags      map[string]string
		want       string
	}{
		{"misspelt key", "lisen = \"x\"", nil, `did you mean "listen"`},
		{"underscores", "dev_federation = true", nil, `did you mean "dev-federation"`},
		{"a table", "[url]\na = 1", nil, "must be a text"},
		{"no toml", "url = ", nil, "stoa.toml"},
		{"plain http in public", "", map[string]string{"url": "http://forum.example"}, "must be https"},
		{"a path", "", map[string]string{"url": "https://forum.example/sub"}, "without a path"},
		{"test bed in public", "", map[string]string{"url": "https://forum.example", "dev-federation": "true"}, "refused for the public address"},
		{"test bed for all to reach", "", map[string]string{"listen": ":8501", "dev-federation": "true"}, "on loopback"},
		{"switch", "", map[string]string{"dev-federation": "maybe"}, "true or false"},
		{"listen", "", map[string]string{"listen": "8080"}, "host:port"},
		{"private", "", map[string]string{"listen-private": "8081"}, "or off"},
		{"proxies", "", map[string]string{"trusted-proxies": "all"}, "networks such as"},
		{"bucket without a server", "", map[string]string{"s3-bucket": "pictures"}, "s3-endpoint is not"},
		{"server without a bucket", "", map[string]string{"s3-endpoint": "https://s3.example"}, "s3-bucket is not"},
		{"server without a secret", "", map[string]string{"s3-endpoint": "https://s3.example", "s3-bucket": "pictures", "s3-key": "k"}, "s3-secret is not"},
		{"server with a path", "", map[string]string{"s3-endpoint": "https://s3.example/pictures", "s3-bucket": "pictures", "s3-key": "k", "s3-secret": "s"}, "without a path"},
		{"name of a bucket", "", map[string]string{"s3-endpoint": "https://s3.example", "s3-bucket": "My Pictures", "s3-key": "k", "s3-secret": "s"}, "3 to 63"},
		{"path style", "", map[string]string{"s3-path-style": "perhaps"}, "true or false"},
		{"log", "", map[string]string{"log": "loud"}, "debug, info, warn or error"},
		{"age", "", map[string]string{"minimum-age": "adult"}, "0"},
		{"age of no people", "", map[string]string{"minimum-age": "100"}, "a number of years"},
		{"age before birth", "", map[string]string{"minimum-age": "-1"}, "a number of years"},
		{"addresses", "", map[string]string{"log-addresses": "none"}, "short or whole"},
		{"name", "", map[string]string{"name": strings.Repeat("n", 21)}, "20 characters"},
		{"summary", "", map[string]string{"summary": strings.Repeat("s", 151)}, "150 characters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if test.file != "" {
				if err := os.WriteFile(filepath.Join(dir, configFile), []byte(test.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := readConfig(test.flags, "", func(k string) string { return map[string]string{"STOA_DATA": dir}[k] })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestForwardedForCountsOnlyFromTrustedProxies(t *testing.T) {
	t.Parallel()
	c, err := readConfig(map[string]string{"trusted-proxies": "10.0.0.0/8,::1"}, "", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"},                // a stranger's word
		{"10.0.0.1:5", "198.51.100.7", "198.51.100.7"},              // our proxy's
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.7", "198.51.100.7"}, // what it was told does not count
		{"10.0.0.1:5", "198.51.100.7, 10.0.0.2", "198.51.100.7"},    // two proxies of ours
		{"[::1]:5", "nonsense", "::1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
	} {
		if got := c.source(test.remote, []string{test.forwarded}); got != test.want {
			t.Errorf("source(%q, %q) = %q, want %q", test.remote, test.forwarded, got, test.want)
		}
	}
}

// The log has of an address what tells where somebody is, and not who, unless the admin
// wants all of it.
func TestLogShortensAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ setting, from, want string }{
		{"", "192.0.2.77", "192.0.2.0/24"},
		{"short", "2001:db8:1:2:3::4", "2001:db8:1::/48"},
		{"", "::ffff:192.0.2.77", "192.0.2.0/24"},
		{"", "fe80::1%eth0", "fe80::/48"},
		{"", "@", "unknown"},
		{"whole", "192.0.2.77", "192.0.2.77"},
		{"whole", "2001:db8:1:2:3::4", "2001:db8:1:2:3::4"},
	} {
		flags := map[string]string{"trusted-proxies": "127.0.0.1"}
		if c.setting != "" {
			flags["log-addresses"] = c.setting
		}
		cfg, err := readConfig(flags, "", func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		n := &node{cfg: cfg, log: newLog(&text, cfg)}
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = "127.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", c.from)
		if c.from == "@" {
			r.RemoteAddr = "@"
		}
		n.logged(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		if !strings.Contains(text.String(), " from="+c.want+" ") {
			t.Errorf("%q, %s: %s", c.setting, c.from, &text)
		}
		if c.setting != "whole" && strings.Contains(text.String(), c.from) && c.from != "@" {
			t.Errorf("%s is in the log", c.from)
		}
	}
}

func TestTestBedNamesAreListenedOn(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"http://node-a.localhost:8501": "127.0.0.1:8501",
		"http://127.0.0.1:8501":        "127.0.0.1:8501",
		"http://localhost:8080":        "localhost:8080",
		"https://forum.example":        "localhost:8080",
	} {
		c, err := readConfig(map[string]string{"url": url}, "", func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		if c.Listen != want {
			t.Errorf("%s listens on %s, want %s", url, c.Listen, want)
		}
	}
}

func TestHostsToBlockAreWrittenAsTheyAreCompared(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"spam.example": "spam.example", "Spam.Example.": "spam.example", "https://spam.example/u/x": "spam.example",
		"spam.example:443": "spam.example", "bücher.example": "xn--bcher-kva.example", "node.localhost:8501": "node.localhost:8501",
		"*.spam.example": "", "acct:foo": "", "": "", "a b": "", "spam.example/x@y": "spam.example", "user@spam.example": "",
	} {
		got, err := hostArgument(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("hostArgument(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}
