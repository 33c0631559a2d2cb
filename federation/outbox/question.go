package outbox

import (
	"bytes"
	"encoding/json"
	"html"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// ask makes a Page the Question of a poll. Microblogs show the text of one and not its
// title, so the title leads the text; forums take the text from its source.
func (p *Publisher) ask(page *ap.Page, post *forum.Post) {
	poll := post.Poll
	if poll == nil {
		return
	}
	page.Type, page.EndTime, page.VotersCount = true, ap.NewTime(poll.Closes), poll.Voters
	if poll.Closes.IsZero() {
		page.EndTime = ap.Time{}
	}
	if poll.Closed(p.now()) {
		page.Closed = page.EndTime
	}
	answers := make([]ap.Answer, len(poll.Options))
	for i, o := range poll.Options {
		answers[i] = ap.Answer{Name: o.Name, Replies: ap.Count{TotalItems: o.Votes}}
	}
	if poll.Multiple {
		page.AnyOf = answers
	} else {
		page.OneOf = answers
	}
	if post.Local {
		page.Content, page.MediaType = lead(post.Title)+page.Content, "text/html"
		if page.Source.Content == "" {
			page.Source = ap.Source{Content: post.Text.Source, MediaType: "text/markdown"}
		}
	}
}

func lead(title string) string { return "<p><strong>" + html.EscapeString(title) + "</strong></p>" }

// ballot is an answer of somebody here to a poll elsewhere, for its author alone. It is
// served to nobody.
func (p *Publisher) ballot(e *forum.Event) (*act, error) {
	to := ap.IRIs{e.Post.Author.URI}
	return p.newAct(e.Origin.Activity, e.Actor.URI, false, ap.Create{
		ID: e.Origin.Activity, Actor: e.Actor.URI, To: to, Object: ap.Embed(ap.Ballot{
			ID: e.Origin.Activity + "#choice", AttributedTo: e.Actor.URI, To: to, InReplyTo: e.Post.URI, Name: e.Choice,
		}),
	})
}

var question = []byte(`"Question"`)

// Asks reports whether there may be a Question in a document.
func Asks(body []byte) bool { return bytes.Contains(body, question) }

// Plain is a document for software that refuses a Question with all that is in it: each
// is a Page that lists its answers. A document without one is returned as it is.
func Plain(body []byte) []byte {
	if !Asks(body) {
		return body
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc any
	if d.Decode(&doc) != nil || !plainly(doc) {
		return body
	}
	out, err := ap.EncodeBare(doc)
	if err != nil {
		return body
	}
	return out
}

// plainly changes the Questions within a value, and reports whether there were any.
func plainly(v any) (changed bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			changed = plainly(one) || changed
		}
	case map[string]any:
		for _, one := range v {
			changed = plainly(one) || changed
		}
		if v["type"] == "Question" {
			page(v)
			changed = true
		}
		if changed {
			delete(v, "proof") // it was made of the Question
		}
	}
	return changed
}

var markdown = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`)

// page makes a Question a Page.
func page(q map[string]any) {
	answers, _ := q["oneOf"].([]any)
	if several, ok := q["anyOf"].([]any); ok {
		answers = several
	}
	name, _ := q["name"].(string)
	content, _ := q["content"].(string)
	content = strings.TrimPrefix(content, lead(name))
	var list, lines strings.Builder
	for _, one := range answers {
		if o, ok := one.(map[string]any); ok {
			text, _ := o["name"].(string)
			list.WriteString("<li>" + html.EscapeString(text) + "</li>")
			lines.WriteString("\n- " + markdown.Replace(text))
		}
	}
	at, _ := q["url"].(string)
	if at == "" {
		at, _ = q["id"].(string)
	}
	at = html.EscapeString(at)
	q["type"], q["content"] = "Page", content+"<ul>"+list.String()+`</ul><p><a href="`+at+`">`+at+"</a></p>"
	if s, ok := q["source"].(map[string]any); ok {
		text, _ := s["content"].(string)
		s["content"] = strings.TrimPrefix(text+"\n"+lines.String()+"\n\n<"+at+">", "\n\n")
	}
	for _, field := range []string{"oneOf", "anyOf", "endTime", "closed", "votersCount", "contentMap"} {
		delete(q, field)
	}
}
