package audittest

import (
	"context"
	"io/fs"
	"os"

	"sealdesk/server/audit"
)

// tileMap keeps full tiles by path.
type tileMap map[string][]byte

func (m tileMap) ReadTile(_ context.Context, t audit.TileID) ([]byte, error) {
	if data, ok := m[t.Path()]; ok {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

func writeFile(path string, data []byte) error { return os.WriteFile(path, data, 0o600) }
