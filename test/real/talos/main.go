// Makes configurations of machines with a patch and checks them, by the library that talosctl does it
// with: talosctl itself has modules replaced and cannot be installed by its name.
//
// Arguments: the file of the patch, and versions of Talos. Writes a line of JSON for each version and
// kind of machine.
package main

import (
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }

type made struct {
	Version  string   `json:"version"`
	Kind     string   `json:"kind"`
	Warnings []string `json:"warnings"`
	Refused  string   `json:"refused,omitempty"`
	Config   string   `json:"config"`
}

func main() {
	patches, err := configpatcher.LoadPatches([]string{"@" + os.Args[1]})
	check(err)
	for _, version := range os.Args[2:] {
		contract, err := config.ParseContractFromVersion(version)
		check(err)
		bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), contract)
		check(err)
		input, err := generate.NewInput("lab", "https://192.0.2.10:6443", constants.DefaultKubernetesVersion,
			generate.WithVersionContract(contract), generate.WithSecretsBundle(bundle), generate.WithInstallDisk("/dev/sda"))
		check(err)
		for _, kind := range []machine.Type{machine.TypeControlPlane, machine.TypeWorker} {
			check(json.NewEncoder(os.Stdout).Encode(patched(input, kind, version, patches)))
		}
	}
}

func patched(input *generate.Input, kind machine.Type, version string, patches []configpatcher.Patch) made {
	plain, err := input.Config(kind)
	check(err)
	result := made{Version: version, Kind: kind.String(), Warnings: []string{}}
	output, err := configpatcher.Apply(configpatcher.WithConfig(plain), patches)
	if err != nil {
		result.Refused = err.Error()
		return result
	}
	whole, err := output.Config()
	check(err)
	bytes, err := output.Bytes()
	check(err)
	result.Config = string(bytes)
	warnings, err := whole.Validate(metal{})
	result.Warnings = append(result.Warnings, warnings...)
	if err != nil {
		result.Refused = err.Error()
	}
	return result
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
