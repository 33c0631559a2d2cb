package web

import (
	"fmt"
	"time"

	"stoa/federation/forum"
)

// What strangers try. Each entry would set the page's name to "pwned" where it is
// taken for what it is not; the lists are by the place it is put in.

var markdownAttacks = []string{
	"[link](javascript:window.name='pwned')",
	"[link](JaVaScRiPt:window.name='pwned')",
	"[link](java\tscript:window.name='pwned')",
	"[link](javascript&#58;window.name='pwned')",
	"[link](&#x6A;avascript:window.name='pwned')",
	"[link](\x01javascript:window.name='pwned')",
	"[link](data:text/html,<script>window.name='pwned'</script>)",
	"[link](vbscript:window.name='pwned')",
	"[link](//evil.example \"onmouseover=window.name='pwned'\")",
	"[link](https://evil.example/\"onmouseover=\"window.name='pwned')",
	"[a]: javascript:window.name='pwned'\n\n[a]",
	"![x](x\"onerror=\"window.name='pwned')",
	"![\"onerror=\"window.name='pwned'](https://evil.example/x.png)",
	"![x](https://evil.example/x.png \"\"onload=window.name='pwned'\")",
	"<javascript:window.name='pwned'>",
	"<https://evil.example/\"onclick=window.name='pwned'>",
	"<script>window.name='pwned'</script>",
	"a <img src=x onerror=window.name='pwned'> b",
	"<img src=x\nonerror=window.name='pwned'>",
	"```\"><script>window.name='pwned'</script>\ncode\n```",
	"```js onmouseover=window.name='pwned'\n</code></pre><script>window.name='pwned'</script>\n```",
	"`</code><script>window.name='pwned'</script>`",
	"| a |\n| --- |\n| <svg/onload=window.name='pwned'> |",
	"| a |\n| :\"onload=window.name='pwned'\": |\n| b |",
	"::: spoiler \"><script>window.name='pwned'</script>\n<img src=x onerror=window.name='pwned'>\n:::",
	"[^\"><script>window.name='pwned'</script>]\n\n[^\"><script>window.name='pwned'</script>]: x",
	"note[^1]\n\n[^1]: <a href=\"javascript:window.name='pwned'\">x</a>",
	"<details open ontoggle=window.name='pwned'><summary>x</summary></details>",
	"# <a name=\"x\" onfocus=window.name='pwned' autofocus tabindex=1>head</a>",
	"<!-- --><script>window.name='pwned'</script> <!--",
	"&lt;script&gt;window.name='pwned'&lt;/script&gt;",
	"@<script>window.name='pwned'</script>@evil.example",
	"!c\"onclick=window.name='pwned'@evil.example",
	"#\"><script>window.name='pwned'</script>",
	"~~<s onmouseover=window.name='pwned'>x</s>~~ ^<sup onclick=window.name='pwned'>^",
}

var htmlAttacks = []string{
	`<p><a href="javascript:window.name='pwned'">x</a></p>`,
	`<a href=" javascript:window.name='pwned'">x</a>`,
	"<a href=\"jav&#x09;ascript:window.name='pwned'\">x</a>",
	"<a href=\"jav\nascript:window.name='pwned'\">x</a>",
	`<a href="&#0000106avascript:window.name='pwned'">x</a>`,
	`<a href="https://evil.example/" target="pwned" onclick="window.name='pwned'">x</a>`,
	`<a href="https://evil.example/" style="position:fixed;inset:0" onmouseover="window.name='pwned'">x</a>`,
	`<img src="x" onerror="window.name='pwned'">`,
	`<img/src/onerror=window.name='pwned'>`,
	`<image href="x" onerror="window.name='pwned'">`,
	`<svg><script>window.name='pwned'</script></svg>`,
	`<svg><animate onbegin="window.name='pwned'" attributeName="x" dur="1s"/></svg>`,
	`<svg><a xlink:href="javascript:window.name='pwned'"><text y="20">x</text></a></svg>`,
	`<svg><style><img src=x onerror="window.name='pwned'"></style></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=window.name='pwned'&gt;">`,
	`<math><annotation-xml encoding="text/html"><script>window.name='pwned'</script></annotation-xml></math>`,
	`<form><math><mtext></form><form><mglyph><style></math><img src=x onerror="window.name='pwned'">`,
	`<noscript><p title="</noscript><img src=x onerror=window.name='pwned'>">`,
	`<template><script>window.name='pwned'</script></template>`,
	`<iframe srcdoc="<script>top.name='pwned'</script>"></iframe>`,
	`<iframe src="javascript:top.name='pwned'"></iframe>`,
	`<object data="javascript:window.name='pwned'"></object><embed src="javascript:window.name='pwned'">`,
	`<form action="javascript:window.name='pwned'"><button autofocus onfocus="window.name='pwned'">x</button></form>`,
	`<button formaction="javascript:window.name='pwned'">x</button>`,
	`<input autofocus onfocus="window.name='pwned'">`,
	`<body onload="window.name='pwned'">`,
	`<base href="https://evil.example/"><script src="/assets/x.js"></script>`,
	`<meta http-equiv="refresh" content="0;url=javascript:window.name='pwned'">`,
	`<link rel="stylesheet" href="data:text/css,*{display:none}">`,
	`<style>@import "https://evil.example/x.css"; * { display: none }</style>`,
	`<video><source onerror="window.name='pwned'"></video><audio src=x onerror="window.name='pwned'"></audio>`,
	`<marquee onstart="window.name='pwned'">x</marquee>`,
	`<details open ontoggle="window.name='pwned'">x</details>`,
	`<p>a<!--><script>window.name='pwned'</script>--></p>`,
	`<p>a<![CDATA[><script>window.name='pwned'</script>]]></p>`,
	`<?xml version="1.0"?><script>window.name='pwned'</script>`,
	`<p class="thread hidden" id="main" onclick="window.name='pwned'">x</p>`,
	`<p><code class="language-&quot;onmouseover=window.name='pwned'">x</code></p>`,
	`<scr<script>ipt>window.name='pwned'</scr</script>ipt>`,
	`</div></main></body><script>window.name='pwned'</script>`,
	`<plaintext><script>window.name='pwned'</script>`,
	`<xmp><p title="</xmp><script>window.name='pwned'</script>">`,
	`<textarea><img title="</textarea><img src=x onerror=window.name='pwned'>">`,
	`<select><option><script>window.name='pwned'</script></option></select>`,
	`<span class="mention" onpointerenter="window.name='pwned'">@x</span>`,
}

var textAttacks = []string{
	`<script>window.name='pwned'</script>`,
	`"onmouseover="window.name='pwned'" autofocus tabindex="1" onfocus="window.name='pwned'`,
	`'onmouseover='window.name="pwned"' x='`,
	"`onmouseover=window.name='pwned'",
	`</title><script>window.name='pwned'</script>`,
	`--></script><script>window.name='pwned'</script>`,
	`]]><script>window.name='pwned'</script>`,
	`&lt;script&gt;window.name='pwned'&lt;/script&gt;`,
	`&#60;img src=x onerror=window.name='pwned'&#62;`,
	`{{"</script><script>window.name='pwned'</script>"}}`,
	`\u003cscript\u003ewindow.name='pwned'\u003c/script\u003e`,
	"\u202E\u2066<svg/onload=window.name='pwned'>\u2069",
	"＜script＞window.name='pwned'＜/script＞",
	"%3Cscript%3Ewindow.name='pwned'%3C/script%3E",
	`x" onerror="window.name='pwned'" src="x`,
	`;window.name='pwned'//`,
}

var urlAttacks = []string{
	"javascript:window.name='pwned'",
	"JAVASCRIPT:window.name='pwned'",
	" javascript:window.name='pwned'",
	"java\nscript:window.name='pwned'",
	"javascript://evil.example/%0awindow.name='pwned'",
	"data:text/html;base64,PHNjcmlwdD53aW5kb3cubmFtZT0ncHduZWQnPC9zY3JpcHQ+",
	"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload=\"window.name='pwned'\"/>",
	"vbscript:window.name='pwned'",
	"blob:https://evil.example/pwned",
	"view-source:javascript:window.name='pwned'",
	"https://evil.example/\"onmouseover=\"window.name='pwned'",
	"https://evil.example/'onmouseover='window.name=\"pwned\"",
	"https://evil.example/><script>window.name='pwned'</script>",
	"https://javascript:window.name='pwned'@evil.example/",
	"https://evil.example/#\"><img src=x onerror=window.name='pwned'>",
	"//evil.example/x.js",
	`\\evil.example\x.js`,
}

// stormed is one thread in which everybody tries something else, and a post for
// each attack on what is not prose. It returns the addresses of their pages.
func (n *node) stormed(c forum.Community) []string {
	talk := n.post(c, draft{by: "ada", title: "Say what you like", ago: time.Hour})
	paths := []string{fmt.Sprintf("/post/%d", talk.ID)}
	for i, attack := range markdownAttacks {
		n.reply(c, talk.URI, draft{by: fmt.Sprintf("m%d@evil.example", i), md: attack, ago: time.Minute})
	}
	for i, attack := range htmlAttacks {
		n.reply(c, talk.URI, draft{by: fmt.Sprintf("h%d@evil.example", i), html: attack, ago: time.Minute})
	}
	for i, attack := range textAttacks {
		p := n.post(c, draft{by: fmt.Sprintf("t%d@evil.example", i), title: attack, md: attack, ago: time.Minute, with: func(p *forum.Post) {
			p.Shape = forum.Asks
			p.Attachments = []forum.Attachment{{Medium: forum.Picture, URL: "https://evil.example/x.png", Type: "image/png", Alt: attack}, {Medium: forum.File, URL: "https://evil.example/x", Alt: attack}}
			p.Occasion = &forum.Occasion{Start: now, Place: attack}
			p.Poll = &forum.Poll{Options: []forum.PollOption{{Name: attack, Votes: 1}, {Name: attack}}}
		}})
		paths = append(paths, fmt.Sprintf("/post/%d", p.ID))
	}
	for i, attack := range urlAttacks {
		p := n.post(c, draft{by: fmt.Sprintf("u%d@evil.example", i), title: "An address", md: "x", link: attack, page: attack, ago: time.Minute, with: func(p *forum.Post) {
			p.Shape = forum.Clip
			p.Attachments = []forum.Attachment{
				{Medium: forum.Video, URL: attack, Poster: attack}, {Medium: forum.Picture, URL: attack, Alt: "x"}, {Medium: forum.Sound, URL: attack}, {Medium: forum.File, URL: attack},
			}
		}})
		paths = append(paths, fmt.Sprintf("/post/%d", p.ID))
	}
	return paths
}
