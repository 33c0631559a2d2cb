package forum

// intake sorts the acts of a batch that bring new objects: what is here already,
// what is refused, what repeats another of the batch, and what is to be written.
type intake struct {
	out   []Outcome
	todo  []int          // indexes of the acts to write
	first map[string]int // acts to write by the id of their object
	twins map[int]int    // acts that repeat one of those
}

func newIntake(acts int) *intake {
	return &intake{out: make([]Outcome, acts), first: map[string]int{}, twins: map[int]int{}}
}

// sort puts one act where it belongs. uri is empty for what is written here.
func (in *intake) sort(act int, uri string, existing int64, r *Refusal) {
	one, again := in.first[uri]
	switch {
	case existing != 0:
		in.out[act].ID = existing
	case r != nil:
		in.out[act].Refused = r
	case again && uri != "":
		in.twins[act] = one
	default:
		in.first[uri] = act
		in.todo = append(in.todo, act)
	}
}

// written notes what became of an act, and of those that repeat it.
func (in *intake) written(act int, id int64) {
	in.out[act] = Outcome{Fresh: true, ID: id}
	for twin, one := range in.twins {
		if one == act {
			in.out[twin].ID = id
		}
	}
}
