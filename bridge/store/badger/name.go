package badger

import (
	"maps"
	"sync"
)

// sources are the numbers of the names of sources.
type sources struct {
	mutex sync.RWMutex
	ids   map[string]uint32
	last  uint32 // the highest number given; only the writer uses it
}

func (n *sources) find(name string) (uint32, bool) {
	n.mutex.RLock()
	defer n.mutex.RUnlock()
	id, ok := n.ids[name]
	return id, ok
}

func (n *sources) all() map[string]uint32 {
	n.mutex.RLock()
	defer n.mutex.RUnlock()
	return maps.Clone(n.ids)
}

func (n *sources) learn(name string, id uint32) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.ids[name] = id
}

func (n *sources) lose(name string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	delete(n.ids, name)
}

// source returns the number of a source, and gives it one if it has none.
func (b *batch) source(n *sources, name string) (uint32, error) {
	id, found, err := b.number(nameSource, name)
	if err != nil || found {
		return id, err
	}
	n.last++
	id = n.last
	b.name(nameSource, name, id)
	b.after(func() { n.learn(name, id) })
	return id, nil
}

// sink returns the queue of a sink, and gives it a number if it has none. A number whose write does not come
// about is not used again.
func (b *batch) sink(o *outbox, name string) (*queue, error) {
	q := o.queue(name)
	if q.saved.Load() {
		return q, nil
	}
	id, found, err := b.number(nameSink, name)
	if err != nil {
		return nil, err
	}
	if !found {
		o.last++
		id = o.last
		b.name(nameSink, name, id)
	}
	q.id.Store(id)
	b.after(func() { o.save(q) })
	return q, nil
}

func (b *batch) number(kind byte, name string) (id uint32, found bool, err error) {
	key := nameKey(kind, name)
	record, err := b.get(key)
	if err != nil || record == nil {
		return 0, false, err
	}
	n, err := openUint(key, record)
	return uint32(n), true, err
}

func (b *batch) name(kind byte, name string, id uint32) {
	key := nameKey(kind, name)
	b.set(key, sealUint(key, uint64(id)))
}

// restoreNames reads the numbers of all names.
func (s *Store) restoreNames(v view) error {
	err := v.eachRecord([]byte{kindName}, func(key, record []byte) error {
		id, err := openUint(key, record)
		if err != nil {
			return err
		}
		name := string(key[2:])
		if key[1] == nameSink {
			s.outbox.restore(name, uint32(id))
			return nil
		}
		s.sources.learn(name, uint32(id))
		s.sources.last = max(s.sources.last, uint32(id))
		return nil
	})
	if err != nil {
		return err
	}
	return v.eachRecord([]byte{kindForgotten}, func(key, _ []byte) error {
		s.sources.last = max(s.sources.last, sinkIn(key, 1))
		return nil
	})
}
