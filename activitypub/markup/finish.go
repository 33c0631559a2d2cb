package markup

import "strings"

// finish does what needs the whole tree: levels of headings, footnotes, and
// floods of characters.
func (b *builder) finish() {
	b.outline()
	b.footnotes()
	b.hashtags()
	b.root.walk(func(n *node) bool {
		if n.tag == "" && n.kids == nil {
			n.text = calm(n.text)
		}
		return true
	})
}

// outline gives headings the levels their order asks for. The page's own title
// is h1, so a text begins with h2, whatever its author began with, and no level
// is skipped on the way down. What has been done once is not done again: the
// levels written are those a second reading gives.
func (b *builder) outline() {
	var open []int
	b.root.walk(func(n *node) bool {
		if n.level == 0 {
			return true
		}
		for len(open) > 0 && open[len(open)-1] >= n.level {
			open = open[:len(open)-1]
		}
		open = append(open, n.level)
		n.tag = "h" + string(rune('0'+min(len(open)+1, 6)))
		return false
	})
}

// footnotes keeps an id only if something points at it, and a link into the
// text only if it leads somewhere.
func (b *builder) footnotes() {
	ids, used := map[string]bool{}, map[string]bool{}
	b.root.walk(func(n *node) bool {
		if id := n.attr("id"); id != "" {
			if ids[id] {
				n.attrs = without(n.attrs, "id")
			}
			ids[id] = true
		}
		return true
	})
	dangling := false
	b.root.walk(func(n *node) bool {
		if to, ok := strings.CutPrefix(n.attr("href"), "#"); ok {
			used[to] = true
			dangling = dangling || !ids[to]
		}
		return true
	})
	if len(ids) == 0 && !dangling {
		return
	}
	b.root.walk(func(n *node) bool {
		if id := n.attr("id"); id != "" && !used[id] {
			n.attrs = without(n.attrs, "id")
		}
		if dangling {
			n.unwrapDangling(ids)
		}
		return true
	})
}

// unwrapDangling takes away n's links that lead nowhere and keeps their text.
func (n *node) unwrapDangling(ids map[string]bool) {
	if len(n.kids) == 0 {
		return
	}
	kids := make([]*node, 0, len(n.kids))
	var add func(k *node)
	add = func(k *node) {
		if to, ok := strings.CutPrefix(k.attr("href"), "#"); ok && !ids[to] {
			for _, inner := range k.kids {
				add(inner)
			}
			return
		}
		k.parent = n
		if k.tag == "" && len(kids) > 0 && kids[len(kids)-1].tag == "" {
			kids[len(kids)-1].text += k.text
			return
		}
		kids = append(kids, k)
	}
	for _, k := range n.kids {
		add(k)
	}
	n.kids = kids
}
