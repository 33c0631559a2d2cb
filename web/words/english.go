package words

// English is the catalogue for English.
var English = english()

func english() *Words {
	const sep = ","
	n := oneOther(sep)
	return &Words{
		Tag: "en", Dir: "ltr", Itself: "English", thousands: sep, decimal: ".", dateTime: "2006-01-02 15:04 UTC", date: "2006-01-02",

		SkipToContent: "Skip to the content", Home: "Posts", Communities: "Communities", About: "About",
		SiteNavigation: "Site", FooterNavigation: "About this site",
		Source: "Source code", PoweredBy: "Runs on Stoa", Feed: "Atom feed", LanguageLabel: "Language",

		SortLabel: "Order", SortHot: "Hot", SortNew: "New", SortTop: "Top",
		WindowLabel: "Time", Day: "Day", Week: "Week", Month: "Month", Year: "Year", Ever: "All time",
		OlderPosts: "More posts", MoreComments: "More comments",
		MoreCommunities: "More communities", FirstPage: "Back to the first page",
		NothingYet: "No posts here yet", NothingYetHint: "What people post will be listed here as soon as it arrives.",
		NoComments: "No comments yet", NoCommentsHint: "Answers appear here, whichever server they are written on.",
		NoCommunities: "No communities yet",
		AllPosts:      "Posts from all communities",

		Comments: n("%d comment", "%d comments"), Points: n("%d point", "%d points"),
		WordsLong: n("about %d word", "about %d words"), Minutes: n("%d minute", "%d minutes"),
		AlsoIn:   n("also in %d community", "also in %d communities"),
		Original: "Original", OriginalAt: "Original at",
		Untitled: "Post without a title", Sensitive: "Sensitive", ContentWarning: "Content warning",
		ReadWhole: "Read the whole text", FoldAway: "Fold the text",
		Edited: "edited", Bot: "bot",
		DeletedPost: "Deleted post", RemovedPost: "Removed post", PurgedPost: "Purged post",
		DeletedByAuthor: "Deleted by its author", RemovedByAdmin: "Removed by an admin",
		PurgedBy: "Removed for good by an admin",

		Permalink: "Link", Parent: "Parent", OriginalPoster: "original poster",
		NotShown: n("%d more comment is not shown: this thread is too large for one page.",
			"%d more comments are not shown: this thread is too large for one page."),
		Replies: n("%d reply", "%d replies"), CommentBy: "Comment by %s,", RepliesTo: "Replies to %s",

		Followers: n("%d follower", "%d followers"), Posts: n("%d post", "%d posts"),
		FollowHeading: "Follow from your server", FollowHint: "Search for this on your own server:",
		FollowAlt: "On Mastodon:", Copy: "Copy", Copied: "Copied",
		GoneCommunity: "This community's server has taken it down. What was said is kept here.",
		Joined:        "Since", TabPosts: "Posts", TabComments: "Comments", PersonTabs: "Written by this account",
		CommunitiesIntro: "Places for posts, on this server and on others it knows.",

		AboutNode: "About %s", Software: "Software", Version: "Version", Contact: "Contact",
		AboutSoftware: "Stoa is a federated discussion server. People here talk with people on Lemmy, Mastodon, PieFed, Mbin, NodeBB and " +
			"the rest of the fediverse, each from their own server. It is free software under the GNU Affero General Public License.",
		SourceOfThis: "Source code of this server", SourceOnRequest: "Whoever uses this server may have its source code. The admin gives it on request.", NumbersHeading: "In numbers",
		People: n("%d account", "%d accounts"), Active: n("%d active this month", "%d active this month"),
		LocalPosts: n("%d post written here", "%d posts written here"), LocalComments: n("%d comment written here", "%d comments written here"),
		LocalCommunities: n("%d community", "%d communities"), Servers: n("%d other server known", "%d other servers known"),

		JustNow: "just now", MinutesAgo: n("%d minute ago", "%d minutes ago"), HoursAgo: n("%d hour ago", "%d hours ago"),
		DaysAgo: n("%d day ago", "%d days ago"), MonthsAgo: n("%d month ago", "%d months ago"), YearsAgo: n("%d year ago", "%d years ago"),

		NotFound: "Not found", NotFoundText: "There is nothing at this address. It may have been mistyped, or this server has not seen it yet.",
		Gone: "Gone", GoneText: "What was here has been taken away for good.",
		BadRequest: "That address makes no sense", BadRequestText: "Part of the address is not something this server can read.",
		Forbidden: "Not allowed", ForbiddenText: "This is not open to you.",
		NotAllowed: "Not possible here", NotAllowedText: "This page can only be read.",
		Failed: "Something broke", FailedText: "The fault is on this server, not with you. It has been written down; try again in a while.",
		TooMuch: "A little slower", TooMuchText: "Your network has asked for more pages in a minute than this server makes for one. It goes on in a minute. Feeds are not limited, and what programs need is documented.",
		Unavailable: "Back in a moment", UnavailableText: "This server cannot reach its database just now. Nothing is lost; try again in a minute.",
		Reference: "Reference", BackHome: "Go to the front page",
		Account: englishAccount(), Act: englishAct(n), Write: englishWrite(), Search: englishSearch(n), Reach: englishReach(n), Admin: englishAdmin(n), ReadingWords: englishReading(n),

		Refusals: map[string]string{
			"community-removed": "This community has been taken away.",
			"person-gone":       "This account no longer exists.",
			"no-such-page":      "There is nothing at this address. It may have been mistyped, or this server has not seen it yet.",
			"no-such-thing":     "There is nothing here with that name.",
			"bad-cursor":        "The address of this page is not complete.",
			"bad-view":          "There are posts and comments to see here.",
			"bad-sort":          "There is no such order.",
			"bad-kind":          "There are posts, comments, communities and people to look for.",
			"bad-language":      "This server does not speak that language.",
			"bad-window":        "The time can be a day, week, month, year, or all.",
			"bad-name":          "A name has 2 to 20 characters of a–z, 0–9 and _.",
			"name-taken":        "Somebody here has or had that name.",
			"title-too-long":    "That is too long.",
			"bad-email":         "That is no e-mail address.",
			"email-taken":       "That address belongs to another account.",
			"password-short":    "A password has at least 10 characters.",
			"password-long":     "A password has at most 1,024 bytes.",
			"password-easy":     "That password is among the first that anybody would try.",
			"too-young":         "You have to be at least 16 years old.",
			"not-agreed":        "Without that there is no account.",
			"link-used":         "This link was used already, or has run out. You can ask for another.",
			"wrong-password":    "That is not your present password.",
			"too-many-tries":    "Too many attempts. Please wait ten minutes.",
			"text-too-long":     "The text is too long.",
			"no-such-act":       "There is nothing like that to do.",
			"no-such-community": "No community of that name is known here. Look for it with the search first: that brings it here.",
			"no-title":          "A post needs a title.",
			"empty":             "Write something first.",
			"bad-link":          "That is no address of a web page.",
			"held-enough":       "Enough of yours waits for an admin already.",
			"not-author":        "Only its author can change this.",
			"deleted":           "This has been deleted.",
			"parent-deleted":    "What you answer has been deleted.",
			"thread-removed":    "This thread has been removed.",
			"restricted":        "Only its moderators post in this community.",
			"bot-vote":          "Bots do not vote.",
			"sign-in":           "Sign in to do that.",
			"cross-site":        "This came from a page of another site. Please do it on a page of this one.",
			"form-too-long":     "That is more than a form may hold.",
			"bad-form":          "That is no form.",
		},
	}
}
