package forum

import "testing"

// One topic is one, whether a letter and its mark are written as one or as two.
func TestHashtagsInEitherForm(t *testing.T) {
	t.Parallel()
	for _, forms := range [][2]string{
		{"#Caf\u00e9", "cafe\u0301"}, {"#\u00c5NGSTR\u00d6M", "#A\u030angstro\u0308m"}, {"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"}, {"\u1e69x", "s\u0307\u0323x"},
	} {
		one, other := Hashtag(forms[0]), Hashtag(forms[1])
		if one == "" || one != other || Hashtag(one) != one {
			t.Errorf("%q and %q: %q and %q", forms[0], forms[1], one, other)
		}
		if tags := Hashtags("").With(forms[0]).With(forms[1]); len(tags.All()) != 1 {
			t.Errorf("%q are two", tags)
		}
	}
	if Hashtag("cafe") == Hashtag("caf\u00e9") {
		t.Error("without its mark it is another word")
	}
}
