package account

import (
	"strings"
	"testing"
)

func TestLemmyTrap41LinksOfPostsAreOfTheWeb(t *testing.T) {
	t.Parallel()
	for link, ok := range map[string]bool{
		"https://porches.example/": true, "http://porches.example/a?b=c": true, "": true,
		"ftp://files.example/a": false, "ipfs://bafy/a": false, "gemini://porches.example/": false, "javascript:alert(1)": false,
		"https://porches.example/" + strings.Repeat("a", 2000): false,
	} {
		d := Draft{To: "porch", Title: "Porches", Link: link}
		if faults := d.Check(); (faults["link"] == nil) != ok {
			t.Errorf("%.40s: %v", link, faults)
		}
	}
}
