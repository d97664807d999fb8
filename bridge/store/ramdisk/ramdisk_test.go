package ramdisk_test

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/ramdisk"
	"github.com/hookbridge/hookbridge/bridge/store/storetest"
)

func fresh(testing.TB) func() store.Store {
	disk := ramdisk.New(1, nil)
	return func() store.Store { return disk.Open() }
}

func TestADiskInMemoryFulfilsTheContract(t *testing.T) { storetest.Run(t, fresh) }

func TestItsOutboxDoesWhatItsModelDoes(t *testing.T) { storetest.Machine(t, fresh) }

// R9.
func TestAClockThatIsSetBackWhileNothingRunsPutsNoDeliveryOff(t *testing.T) {
	ahead := time.Duration(0)
	disk := ramdisk.New(1, func() time.Time { return time.Now().Add(ahead) })
	storetest.SetBack(t, func(by time.Duration) store.Store {
		ahead = by
		return disk.Open()
	})
}

// P1: what was acknowledged survives a kill, what was claimed is free again, and the dead write nothing.
func TestAKillLeavesWhatWasAcknowledgedAndNothingOfTheDead(t *testing.T) {
	disk := ramdisk.New(1, nil)
	dead := disk.Open()
	commit := func(s store.Store, id string) error {
		return s.Commit(t.Context(), store.Commit{
			Source: "orders", Append: []store.Append{{Event: bridge.Event{ID: id}, To: []store.Target{{Sink: "hook"}}}},
		})
	}
	if err := commit(dead, "e1"); err != nil {
		t.Fatal(err)
	}
	claimed, _, err := dead.Claim(t.Context(), "hook", time.Now(), 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	next := disk.Open()
	if commit(dead, "e2") == nil || dead.Settle(t.Context(), []store.Settlement{{Delivery: claimed[0], State: store.Done}}) == nil {
		t.Error("the dead store says that it wrote something")
	}
	again, _, err := next.Claim(t.Context(), "hook", time.Now(), 10)
	if err != nil || len(again) != 1 || again[0].Event.ID != "e1" {
		t.Errorf("claimed %v, %v", again, err)
	}
}
