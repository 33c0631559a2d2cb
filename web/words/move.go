package words

// MoveWords is the part of the catalogue about accounts that move.
type MoveWords struct {
	MovedTo Phrase // on a profile: where to
	Moved   Phrase // among what somebody is told: who
}

func englishMove() MoveWords {
	return MoveWords{
		MovedTo: "This account has moved to %s", Moved: "%s has moved, and you follow the new account now",
	}
}

func germanMove() MoveWords {
	return MoveWords{
		MovedTo: "Dieses Konto ist umgezogen: %s", Moved: "%s ist umgezogen, und du folgst jetzt dem neuen Konto",
	}
}
