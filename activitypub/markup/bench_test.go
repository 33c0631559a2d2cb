package markup

import (
	"strings"
	"testing"
)

func BenchmarkFromMarkdown(b *testing.B) {
	for name, src := range map[string]string{"comment of 2 KB": essay(3000)[:2<<10], "post of 20 KB": strings.Repeat(essay(1500), 3)[:20<<10]} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FromMarkdown(src, local); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFromHTML(b *testing.B) {
	for name, n := range map[string]int{"comment of 2 KB": 2 << 10, "post of 20 KB": 20 << 10} {
		src, err := FromMarkdown(strings.Repeat(essay(1500), 3)[:n], local)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				_ = FromHTML(src, local)
			}
		})
	}
}

func BenchmarkToMarkdown(b *testing.B) {
	src, err := FromMarkdown(strings.Repeat(essay(1500), 3)[:20<<10], local)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		_ = ToMarkdown(src)
	}
}
