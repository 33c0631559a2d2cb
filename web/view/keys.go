package view

// Key is what a key does.
type Key struct{ Label, Text string }

// Keys are the keys that the script answers to.
func (f Frame) Keys() []Key {
	return []Key{
		{"j k", f.T.KeyNextItem}, {"o", f.T.KeyOpen}, {"u", f.T.KeyUp}, {"c", f.T.KeyFold}, {"n p", f.T.KeyTop},
		{"g h", f.T.KeyHome}, {"/", f.T.KeySearch}, {"?", f.T.KeyHelp},
	}
}
