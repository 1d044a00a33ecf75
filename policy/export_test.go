package policy

// Asks puts one cell of the matrix before Casbin.
func Asks(p *Policy, role Role, act Act, resource Resource, reach Reach) bool {
	yes, got, err := p.enforce(role, act, resource, string(reach))
	return err == nil && yes && got == reach
}
