package talk

var nodes = []Node{
	{"agora", "Agora", "The market place of the demonstration: cities, letters, and talk about talking."},
	{"porch", "Porch", "The painted porch of the demonstration: machines, old and new, and the night sky."},
	{"garden", "Garden", "The garden of the demonstration: what grows, and what becomes of it in a kitchen."},
}

var communities = []Community{
	{0, "square", "The square", "Whatever belongs nowhere else. **Be brief, be kind, bring something.**"},
	{0, "letters", "Letters and type", "Type, handwriting, signs, books as objects.\n\n- Say where a picture or a scan comes from\n- All scripts are welcome"},
	{0, "cities", "Cities on foot", "Streets, squares, stations, benches: how towns are made, and how they are used."},
	{1, "oldsoftware", "Software with a past", "Programs older than ten years that somebody still runs, reads or mends."},
	{1, "nightsky", "Night sky", "What can be seen from a balcony, a field or a chair. Beginners ask, others answer."},
	{1, "bicycles", "Bicycles", "Riding, carrying, mending. No talk of watts before noon."},
	{2, "beds", "Beds and borders", "Vegetables, flowers, soil, weather. *Ask anything; show failures too.*"},
	{2, "kitchen", "Kitchen", "Cooking for few and for many. Give weights, say what went wrong."},
	{2, "localhistory", "History next door", "The mill, the tram depot, the name of the lane: what was where you live."},
}

var people = []Person{
	{0, "cartographer", "Cartographer", "Draws maps of places that are already mapped."},
	{0, "typesetter", "Typesetter", "Kerns by eye and regrets nothing."},
	{0, "librarian", "Librarian", "Returns books to where they were looked for."},
	{0, "stonemason", "Stonemason", ""},
	{0, "signpainter", "Sign painter", "One shot, no undo."},
	{0, "tramdriver", "Tram driver", "Line 4, early shift."},
	{0, "bookbinder", "Bookbinder", ""},
	{0, "translator", "Translator", "Between Arabic, German and English."},
	{1, "lamplighter", "Lamplighter", "Against light where nobody needs it."},
	{1, "mechanic", "Mechanic", "Everything comes apart. Not everything goes back."},
	{1, "stargazer", "Stargazer", "Ten by fifty, mostly from a deckchair."},
	{1, "archivist", "Archivist", "Keeps floppy disks dry."},
	{1, "wheelbuilder", "Wheel builder", ""},
	{1, "maintainer", "Maintainer", "Of programs that outlived their makers' interest."},
	{1, "courier", "Courier", "Two bags, any weather."},
	{1, "clockmaker", "Clockmaker", ""},
	{2, "potter", "Potter", "Mud, fire, patience."},
	{2, "gardener", "Gardener", "Clay soil, north slope, no complaints."},
	{2, "beekeeper", "Beekeeper", "Four hives behind the station."},
	{2, "baker", "Baker", "Up at two."},
	{2, "cook", "Cook", "For sixty at noon, for two at night."},
	{2, "miller", "Miller", ""},
	{2, "seedsaver", "Seed saver", "Beans, mostly. Many beans."},
	{2, "forager", "Forager", "Leaves half of it for the others."},
}
