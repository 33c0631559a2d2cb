package main

func peers() []*trap { return nil }
