package markup

import (
	"strings"
	"testing"
)

// hostile are ways to smuggle script, styles or structure past a sanitiser.
var hostile = []string{
	`<script>alert(1)</script>after`,
	`<SCRIPT SRC=//x.test/a.js></SCRIPT>`,
	`<script/src=x>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href="JaVaScRiPt:alert(1)">x</a>`,
	`<a href=" &#14; javascript:alert(1)">x</a>`,
	"<a href=\"java\tscript:alert(1)\">x</a>",
	"<a href=\"java\nscript:alert(1)\">x</a>",
	"<a href=\"\x01javascript:alert(1)\">x</a>",
	`<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>`,
	`<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>`,
	`<a href="javascript&colon;alert(1)">x</a>`,
	`<a href="java&Tab;script:alert(1)">x</a>`,
	`<a href="vbscript:x">x</a><a href="data:text/html,<script>1</script>">y</a><a href="blob:https://x/1">z</a>`,
	`<a href="file:///etc/passwd">x</a><a href="about:blank">x</a><a href="view-source:https://x.test">x</a>`,
	`<a href="https:javascript:alert(1)">x</a>`,
	`<a href="//evil.test/x">x</a><a href="\\evil.test/x">y</a><a href="/\evil.test">z</a><a href="///evil.test">w</a>`,
	`<a href="https://good.test@evil.test/">x</a>`,
	`<a href="https://x.test" onclick="alert(1)" onmouseover=alert(1) style="position:fixed" target=_blank rel=opener>x</a>`,
	`<a href="https://x.test" rel="me">me</a>`,
	`<img src=x onerror=alert(1)>`,
	`<img src="javascript:alert(1)" alt=x>`,
	`<img src="data:image/svg+xml;base64,PHN2Zz4=" alt="data">`,
	`<img """><script>alert("1")</script>">`,
	`<img src='https://x.test/a.png"onload="alert(1)' alt='"><script>alert(1)</script>'>`,
	`<img src=https://x.test/1.gif width=1 height=1>`,
	`<image src=https://x.test/i.png alt=old>`,
	`<svg onload=alert(1)>`,
	`<svg><script>alert(1)</script></svg>`,
	`<svg><a xlink:href="javascript:alert(1)"><text y=10>x</text></a></svg>`,
	`<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<svg><p><style><g title="</style><img src onerror=alert(1)>"></svg>`,
	`<svg/><b>after</b>`,
	`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>`,
	`<math><mi//xlink:href="data:x,<script>alert(1)</script>">`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<noscript><style></noscript><img src=x onerror=alert(1)></style>`,
	`<style><!--</style><script>alert(1)</script>-->`,
	`<style>@import 'https://x.test/a.css';</style>x`,
	`<title><img title="</title><img src=x onerror=alert(1)>"></title>`,
	`<textarea><script>alert(1)</textarea><img src=x onerror=alert(1)>`,
	`<xmp><p title="</xmp><img src=x onerror=alert(1)>">`,
	`<plaintext><script>alert(1)</script>`,
	`<iframe src="javascript:alert(1)"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<iframe><p title="</iframe><img src=x onerror=alert(1)>">`,
	`<noembed><img title="</noembed><img src onerror=alert(1)>"></noembed>`,
	`<template><script>alert(1)</script></template><template shadowrootmode=open>x</template>`,
	`<object data="javascript:alert(1)"><embed src="javascript:alert(1)"></object>`,
	`<video src=https://x.test/v.mp4 onerror=alert(1)><source onerror=alert(1) src=x></video>`,
	`<audio src="data:audio/mp3,x" autoplay>`,
	`<form action="javascript:alert(1)"><form><input type=submit formaction=javascript:alert(1)><button>b</button></form>`,
	`<input autofocus onfocus=alert(1)><select autofocus onfocus=alert(1)><option>o</select>`,
	`<isindex action=javascript:alert(1) type=image>`,
	`<base href="javascript:alert(1)//"><link rel=stylesheet href=//x.test/a.css><meta http-equiv=refresh content="0;url=javascript:alert(1)">`,
	`<body onload=alert(1) background="javascript:alert(1)"><p>in body</p></body>`,
	`<details open ontoggle=alert(1)><summary onclick=x>s</summary>b</details>`,
	`<marquee onstart=alert(1)>m</marquee>`,
	`<table background="javascript:alert(1)"><tr><td background=x onclick=x colspan=9999 rowspan=1e9>c</table>`,
	`<div style="background:url(javascript:alert(1))">d</div><p style="x:expression(alert(1))" class="modal">p</p>`,
	`<p id="vote" name="x" class="post-actions" dir="rtl" hidden tabindex=1 accesskey=a contenteditable>p</p>`,
	`<a name="top" id="login">x</a><a href="#login">y</a>`,
	`<!--><img src=x onerror=alert(1)>-->`,
	`<!--[if IE]><script>alert(1)</script><![endif]-->`,
	`<![CDATA[<script>alert(1)</script>]]>`,
	`<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>`,
	`<?php echo 1 ?><? xml ?><!DOCTYPE html><!ELEMENT x>`,
	`<<script>alert(1);//<</script>`,
	`<p title="x`,
	`<a href='https://x.test`,
	`</p></div></body></html><script>alert(1)</script>`,
	`<b><i><a href=https://x.test>x</b></i></a>y`,
	`<a href=https://x.test>1<a href=https://y.test>2<table><a href=https://z.test>3</table></a>4`,
	`<p><table><p>x<tr>y<td>z<table><td>w</table></p>`,
	`<li>stray<li>items<td>cell<tr><th>head</ul></ol>`,
	`<ul>text<ul><li>a</ul><p>b</p><ol><li>c</ul>`,
	`<select><table><script>alert(1)</script></table></select>`,
	`<ruby>漢<rt>kan<rt>x<rp>(<script>alert(1)</script></ruby><rt>stray`,
	`<pre>` + "\n\n" + `two<p>x</p><div>y</div><script>1</script><b>z</b></pre>`,
	`<h1>a<h2>b<p>c</h1>d<h6>e</h6><h3><div>f</div><p>g</h3>`,
	`<frameset><frame src=javascript:alert(1)></frameset>`,
	`<applet code=x></applet><bgsound src=javascript:alert(1)><layer src=x></layer>`,
	`<x onclick=alert(1)>custom</x><o:p>office</o:p><xss:tag style=x>n</xss:tag>`,
	`<a href="mailto:a@b.test?subject=x&body=<script>">mail</a><a href="xmpp:a@b.test">x</a><a href="gemini://g.test/">g</a>`,
	`<a href="https://x.test/?a=1&amp;b=&quot;<>'">q</a>`,
	`<a href="http://[::1]/">v6</a><a href="http://x:99999/">port</a><a href="http://%zz/">bad</a><a href="http:///x">nohost</a>`,
	"a\u202Egpj.exe\u202C \u2066x\u2069 \u0000\u0007\u0085 \uFEFF" + strings.Repeat("\u200B", 500),
	"z" + strings.Repeat("\u0301\u0335", 300) + "algo",
	"bad \xff\xfe utf8 \xed\xa0\x80 <p title=\"\xff\">x",
	`&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;script&amp;gt; &#0; &#x110000; &#xD800; &notanentity; &copy`,
}

func TestHostileHTML(t *testing.T) {
	for _, in := range hostile {
		for _, o := range []Options{{}, local} {
			out := FromHTML(in, o)
			mustBeSafe(t, in, out, o)
			mustAgree(t, in, o)
			mustBeSafe(t, in, StripLeadingMentions(in, nil), Options{})
		}
	}
}

// TestHostileEverywhere puts every vector into the places where parsers change
// their mind.
func TestHostileEverywhere(t *testing.T) {
	for _, frame := range [][2]string{
		{"<table><tr><td>", "</td></tr></table>"}, {"<svg>", "</svg>"}, {"<math><mtext>", "</mtext></math>"},
		{"<p>", "</p>"}, {"<a href=https://x.test>", "</a>"}, {"<pre>", "</pre>"}, {"<select>", "</select>"},
		{"<ul><li>", "</ul>"}, {"<table>", "</table>"}, {"<details><summary>", "</summary></details>"},
		{"<noscript>", "</noscript>"}, {"<b><h2>", "</b></h2>"}, {"<!--", "-->"}, {"<p title='", "'>"},
	} {
		for _, in := range hostile {
			in = frame[0] + in + frame[1]
			mustBeSafe(t, in, FromHTML(in, local), local)
			mustAgree(t, in, local)
		}
	}
}

func TestHostileMarkdown(t *testing.T) {
	for _, in := range append([]string{
		`[x](javascript:alert(1))`, `[x](<javascript:alert(1)>)`, `[x](java&#x73;cript:alert(1))`, `[x](JAVASCRIPT:alert(1) "t")`,
		`![x](javascript:alert(1))`, `<javascript:alert(1)>`, "[x]: javascript:alert(1)\n\n[x]", `[x](data:text/html;base64,PHNjcmlwdD4=)`,
		`[x](//evil.test)`, `[x](\\evil.test)`, "::: spoiler <script>alert(1)</script>\n<img src=x onerror=alert(1)>\n:::",
		"```\"><script>\n</code></pre><script>alert(1)</script>\n```", "a^<script>^ b~\"onclick=~", `@x@"onmouseover=alert(1)`,
		"[^\"><script>]\n\n[^\"><script>]: x", "| <script> | \n|--|\n| `</td><script>` |", "[a](https://x.test \"\\\" onclick=alert(1)\")",
	}, hostile...) {
		out, err := FromMarkdown(in, local)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		mustBeSafe(t, in, out, local)
	}
}
