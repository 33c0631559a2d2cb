package main

import "context"

const deliveryTarget = 0.95

// delivery measures votes announced to one server over kept-alive plain HTTP.
func (b *bench) delivery(ctx context.Context) error {
	r, err := b.newRig(ctx, "delivery", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	told, err := r.newReplay(ctx, b.o.size(2000))
	if err != nil {
		return err
	}
	costs, err := r.costs(ctx, deliveryTarget, func(context.Context) (work, error) { return work{n: told.n, do: told.again}, nil })
	if err != nil {
		return err
	}
	sign, err := signTime(ctx, r.author)
	if err != nil {
		return err
	}
	b.sayf("%v", line{what: "delivery over kept-alive plain HTTP: CPU", unit: "ms", figures: of(costs, cost.each), target: deliveryTarget})
	one := sign.Seconds() * 1000
	server, postgres := of(costs, serverShare).median(), of(costs, postgresShare).median()
	b.sayf("%v", line{
		what: "  all but the RSA signature", unit: "ms", target: deliveryTarget - referenceSign,
		figures: of(costs, func(c cost) float64 { return c.each() - one }),
	})
	b.sayf("  of which RSA signature %s, rest of the server %s, Postgres %s ms", digits(one), digits(server-one), digits(postgres))
	r.report(costs, deliveryTarget)
	return nil
}
