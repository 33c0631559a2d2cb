package activitypub

import "testing"

func TestIsActivityContentType(t *testing.T) {
	tests := []struct {
		header string
		want   bool
	}{
		{"application/activity+json", true},
		{"application/activity+json; charset=utf-8", true},
		{"application/activity+json;charset=utf-8", true},
		{"Application/Activity+JSON", true},
		{"application/activity+json; charset", true},
		{`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, true},
		{`application/ld+json;profile="https://www.w3.org/ns/activitystreams";charset=utf-8`, true},
		{`application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted https://www.w3.org/ns/activitystreams"`, true},
		{`application/ld+json; profile="https://www.w3.org/ns/activitystreamsx"`, false},
		{"application/ld+json", false},
		{"application/ld+json; charset=utf-8", false},
		{"application/json", false},
		{"application/octet-stream", false},
		{"text/html", false},
		{"image/png; application/activity+json", false},
		{"text/plain, application/activity+json", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := IsActivityContentType(tt.header); got != tt.want {
			t.Errorf("response %q: %v", tt.header, got)
		}
		if got := IsInboxContentType(tt.header); got != tt.want {
			t.Errorf("inbox %q: %v", tt.header, got)
		}
	}
}

func TestWantsActivity(t *testing.T) {
	const profiled = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	tests := []struct {
		who, accept string
		want        bool
	}{
		{"Lemmy", "application/activity+json", true},
		{"Mastodon", "application/activity+json, application/ld+json", true},
		{"Mastodon with a fallback", "application/activity+json, " + profiled + ", text/html;q=0.1", true},
		{"GoToSocial", profiled + ",application/activity+json", true},
		{"PieFed, signed", "application/ld+json", true},
		{"profile with a comma", `application/ld+json; profile="https://www.w3.org/ns/activitystreams, x"`, false},
		{"another profile", `application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"`, false},
		{"upper case", "APPLICATION/ACTIVITY+JSON", true},
		{"browser", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", false},
		{"curl", "*/*", false},
		{"nothing", "", false},
		{"application/*", "application/*", false},
		{"plain JSON", "application/json", false},
		{"both alike", "text/html, application/activity+json", true},
		{"HTML preferred", "text/html, application/activity+json;q=0.9", false},
		{"activity preferred", "text/html;q=0.8, application/activity+json;q=0.9", true},
		{"XHTML preferred", "application/activity+json;q=0.5, application/xhtml+xml", false},
		{"refused", "application/activity+json;q=0", false},
		{"refused with three digits", "application/activity+json; q=0.000, */*", false},
		{"broken quality", "application/activity+json;q=x", false},
		{"quality out of range", "application/activity+json;q=2", false},
		{"not a number", "application/activity+json;q=NaN", false},
		{"HTML not a number", "text/html;q=NaN, application/activity+json", true},
		{"inside quotes", `text/html; x="application/activity+json, application/activity+json"`, false},
		{"upper-case Q", "text/html, application/activity+json;Q=0.1", false},
		{"empty items", ",,;, application/activity+json ,", true},
	}
	for _, tt := range tests {
		if got := WantsActivity(tt.accept); got != tt.want {
			t.Errorf("%s (%s): %v", tt.who, tt.accept, got)
		}
	}
}
