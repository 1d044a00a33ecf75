package seal

// MessageDigest gives the digest that a seal claims to cover, so that a
// verifier can look for the text it belongs to. It proves nothing: only Verify
// does.
func MessageDigest(der []byte) ([32]byte, error) {
	sd, err := parseSeal(der)
	if err != nil {
		return [32]byte{}, err
	}
	var digest [32]byte
	if len(sd.attrs.digest) != len(digest) {
		return digest, refuse(BadMessageDigest, "")
	}
	copy(digest[:], sd.attrs.digest)
	return digest, nil
}
