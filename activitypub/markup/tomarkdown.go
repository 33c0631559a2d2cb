package markup

// ToMarkdown writes HTML, foreign or ours, as Markdown that FromMarkdown reads
// back to the same words: for editing, quoting and client programs. Text for
// which that is too much effort comes back plain.
func ToMarkdown(html string) string {
	root := read(html)
	if root == nil {
		return plainTokens(html)
	}
	return root.plain()
}
