package sig

import (
	"net/url"
	"strings"
)

// ourHosts checks that a message was meant for us and returns the spellings of
// our host that its sender may have signed: as received first, then without
// the port. PieFed, Discourse and Mbin leave the port out of what they sign
// even when the Host header carries one.
func ourHosts(host string, base *url.URL) ([]string, error) {
	if base == nil || base.Host == "" {
		return nil, refuse(WrongHost, "this server has no public URL")
	}
	if strings.ContainsFunc(host, notVisible) || authority(host, base.Scheme) != authority(base.Host, base.Scheme) {
		return nil, refuse(WrongHost, "%.80q is not %q", host, base.Host)
	}
	hosts := []string{host}
	if name, port := splitPort(host); port != "" {
		hosts = append(hosts, name)
	}
	return hosts, nil
}

// authority normalises a host as RFC 9421 §2.2.3 wants it: lower case, without
// the scheme's default port (and without a final dot).
func authority(host, scheme string) string {
	name, port := splitPort(strings.ToLower(host))
	name = strings.TrimSuffix(name, ".")
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return name
	}
	return name + ":" + port
}

func splitPort(host string) (name, port string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return host, ""
	}
	return host[:i], host[i+1:]
}
