package web

import (
	"encoding/json"
	"net/http"
)

// jsonFeed is JSON Feed 1.1. It says what the Atom feed says.
type jsonFeed struct {
	Version  string     `json:"version"`
	Title    string     `json:"title"`
	Home     string     `json:"home_page_url"`
	Self     string     `json:"feed_url"`
	Icon     string     `json:"icon"`
	Language string     `json:"language"`
	Next     string     `json:"next_url,omitempty"`
	Items    []jsonItem `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	External  string       `json:"external_url,omitempty"`
	Title     string       `json:"title"`
	HTML      *string      `json:"content_html,omitempty"`
	Text      *string      `json:"content_text,omitempty"` // of an item that is only warned of
	Published string       `json:"date_published"`
	Modified  string       `json:"date_modified"`
	Authors   []jsonAuthor `json:"authors"`
	Tags      []string     `json:"tags"`
	Language  string       `json:"language,omitempty"`
	// Community is an extension (JSON Feed 1.1, "Extensions"): by it other nodes fill
	// their directories.
	Community *jsonCommunity `json:"_community,omitempty"`
}

// jsonCommunity says how large and lively a community is.
type jsonCommunity struct {
	Followers int  `json:"followers"`
	Posts     int  `json:"posts"`
	Active    int  `json:"active"` // people in a month
	Sensitive bool `json:"sensitive"`

	language string
}

func sendJSONFeed(w http.ResponseWriter, r *http.Request, f atomFeed) error {
	out := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.Title, Icon: f.Icon, Language: f.Lang,
		Home: linkOf(f.Links, "alternate"), Self: linkOf(f.Links, "self"), Next: linkOf(f.Links, "next"), Items: make([]jsonItem, 0, len(f.Entries)),
	}
	for _, e := range f.Entries {
		it := jsonItem{
			ID: e.ID, URL: linkOf(e.Links, "alternate"), External: linkOf(e.Links, "related"), Title: e.Title,
			Published: e.Published, Modified: e.Updated, Authors: []jsonAuthor{{Name: e.Author.Name, URL: e.Author.URI}},
			Tags: []string{e.Category.Term},
		}
		it.Community = e.community
		if e.Content != nil {
			it.HTML, it.Language = &e.Content.Body, e.Content.Lang
		} else if e.Commentary != nil {
			it.Text = &e.Commentary.Body
		}
		if e.community != nil {
			it.Language = e.community.language
		}
		out.Items = append(out.Items, it)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return send(w, r, http.StatusOK, "application/feed+json; charset=utf-8", body)
}

func linkOf(links []atomLink, rel string) string {
	for _, l := range links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}
