package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What our manifests say, and no more: a misspelt field is none of these, and is refused.
type (
	workload struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name string }
		Spec       struct {
			ServiceName string `yaml:"serviceName"`
			Replicas    int
			Selector    struct {
				MatchLabels map[string]string `yaml:"matchLabels"`
			}
			Strategy struct {
				Type          string
				RollingUpdate map[string]int `yaml:"rollingUpdate"`
			}
			Template struct {
				Metadata struct{ Labels map[string]string }
				Spec     podSpec
			}
			VolumeClaimTemplates []struct {
				Metadata struct{ Name string }
				Spec     map[string]any
			} `yaml:"volumeClaimTemplates"`
		}
	}
	podSpec struct {
		ServiceAccountName            string `yaml:"serviceAccountName"`
		AutomountServiceAccountToken  *bool  `yaml:"automountServiceAccountToken"`
		EnableServiceLinks            *bool  `yaml:"enableServiceLinks"`
		TerminationGracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
		SecurityContext               struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			RunAsGroup     int                   `yaml:"runAsGroup"`
			FSGroup        int                   `yaml:"fsGroup"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		TopologySpreadConstraints []map[string]any `yaml:"topologySpreadConstraints"`
		Containers                []podContainer
		Volumes                   []struct {
			Name   string
			Secret *struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			}
			ConfigMap map[string]any `yaml:"configMap"`
			EmptyDir  map[string]any `yaml:"emptyDir"`
		}
	}
	podContainer struct {
		Name, Image string
		Args        []string
		Env         []struct{ Name, Value string }
		Ports       []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		StartupProbe    podProbe `yaml:"startupProbe"`
		LivenessProbe   podProbe `yaml:"livenessProbe"`
		ReadinessProbe  podProbe `yaml:"readinessProbe"`
		Resources       map[string]map[string]string
		SecurityContext struct {
			AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string }
		} `yaml:"securityContext"`
		VolumeMounts []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
	podProbe struct {
		HTTPGet          struct{ Path, Port string } `yaml:"httpGet"`
		PeriodSeconds    int                         `yaml:"periodSeconds"`
		TimeoutSeconds   int                         `yaml:"timeoutSeconds"`
		FailureThreshold int                         `yaml:"failureThreshold"`
	}
)

// strictly reads each document of a file of the folder deploy.
func strictly[T any](t *testing.T, name string) (all []T) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(deployed(t, name)))
	decoder.KnownFields(true)
	for {
		var document T
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, document)
	}
}

// TestDeployKubernetes reads the manifests of both engines as the cluster and our program will.
func TestDeployKubernetes(t *testing.T) {
	for engine, kind := range map[string]string{"sqlite": "StatefulSet", "postgres": "Deployment"} {
		t.Run(engine, func(t *testing.T) {
			w := strictly[workload](t, "kubernetes/"+engine+"/tocsin.yaml")[0]
			if w.Kind != kind || !maps.Equal(w.Spec.Selector.MatchLabels, w.Spec.Template.Metadata.Labels) {
				t.Errorf("a %s that picks %v, and its pods are %v", w.Kind, w.Spec.Selector.MatchLabels, w.Spec.Template.Metadata.Labels)
			}
			p := w.Spec.Template.Spec
			c := p.Containers[0]
			isRestricted(t, p, c)
			isCommand(t, c.Args)
			s := starts(t, podEnvironment(t, c))
			isAsked(t, c, s)
			isBounded(t, c)
			mounts(t, w)
			if server := strings.HasPrefix(s.DB, "postgres://"); server != (w.Spec.Replicas > 1) {
				t.Errorf("%d replicas on %s", w.Spec.Replicas, s.DB)
			}
			if surge := w.Spec.Strategy.RollingUpdate["maxSurge"]; 2*(w.Spec.Replicas+surge) > 10 {
				t.Errorf("%d replicas with two connections each, Slack allows an app ten", w.Spec.Replicas+surge)
			}
		})
	}
}

// isRestricted checks what the restricted profile of Kubernetes' Pod Security Standards asks for, and a root that cannot
// be written: https://kubernetes.io/docs/concepts/security/pod-security-standards/
func isRestricted(t *testing.T, p podSpec, c podContainer) {
	t.Helper()
	off := func(b *bool) bool { return b != nil && !*b }
	for what, holds := range map[string]bool{
		"runs as nobody":         p.SecurityContext.RunAsNonRoot && p.SecurityContext.RunAsUser == nobody,
		"seccomp":                p.SecurityContext.SeccompProfile.Type == "RuntimeDefault",
		"no escalation":          off(c.SecurityContext.AllowPrivilegeEscalation),
		"drops all":              slices.Equal(c.SecurityContext.Capabilities.Drop, []string{"ALL"}),
		"read-only root":         c.SecurityContext.ReadOnlyRootFilesystem,
		"no account":             off(p.AutomountServiceAccountToken),
		"one container":          len(p.Containers) == 1,
		"time to stop":           p.TerminationGracePeriodSeconds > 10,
		"an image with its tag":  isPinned(c.Image),
		"a limit for its memory": c.Resources["limits"]["memory"] != "",
	} {
		if !holds {
			t.Errorf("does not hold: %s", what)
		}
	}
}

// isBounded checks that the program knows how much memory it has, and that something is left for what is not Go's.
func isBounded(t *testing.T, c podContainer) {
	t.Helper()
	var limit, ours int
	_, err := fmt.Sscanf(c.Resources["limits"]["memory"], "%dMi", &limit)
	if _, unread := fmt.Sscanf(podEnvironment(t, c)["GOMEMLIMIT"], "%dMiB", &ours); err != nil || unread != nil || ours < limit/2 || ours > limit*4/5 {
		t.Errorf("of %d MiB it knows of %d: %v %v", limit, ours, err, unread)
	}
}

// podEnvironment is what the container will see: what the image sets, and what the manifest sets above it.
func podEnvironment(t *testing.T, c podContainer) map[string]string {
	t.Helper()
	set := imageEnvironment(t)
	for _, e := range c.Env {
		set[e.Name] = e.Value
	}
	return set
}

// isAsked checks that the probes ask what we answer, where we answer it.
func isAsked(t *testing.T, c podContainer, s settings) {
	t.Helper()
	ports := map[string]string{}
	for _, p := range c.Ports {
		ports[p.Name] = strconv.Itoa(p.ContainerPort)
	}
	for name, address := range map[string]string{"http": s.Addr, "ops": s.OpsAddr} {
		if host, port, err := net.SplitHostPort(address); err != nil || host != "0.0.0.0" || port != ports[name] {
			t.Errorf("the port %s is %s, and it listens at %s", name, ports[name], address)
		}
	}
	for what, probe := range map[string]podProbe{"/healthz": c.StartupProbe, "/healthz ": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
		if probe.HTTPGet.Path != strings.TrimSpace(what) || probe.HTTPGet.Port != "ops" {
			t.Errorf("a probe asks %+v, should be %s", probe.HTTPGet, what)
		}
	}
}

// mounts checks that each volume is there and used, that the files of secrets stand in one which not everybody can read,
// and that the database of SQLite stands in a volume that lasts.
func mounts(t *testing.T, w workload) {
	t.Helper()
	p := w.Spec.Template.Spec
	secrets, where := "", map[string]string{}
	for _, m := range p.Containers[0].VolumeMounts {
		where[m.Name] = m.MountPath
	}
	var volumes []string
	for _, v := range p.Volumes {
		volumes = append(volumes, v.Name)
		if v.Secret != nil {
			secrets = where[v.Name]
			if v.Secret.DefaultMode&worldReadable != 0 || v.Secret.DefaultMode&0o040 == 0 || p.SecurityContext.FSGroup == 0 {
				t.Errorf("the secrets' mode is %#o, their group %d", v.Secret.DefaultMode, p.SecurityContext.FSGroup)
			}
		}
	}
	for _, claim := range w.Spec.VolumeClaimTemplates {
		volumes = append(volumes, claim.Metadata.Name)
	}
	if got := slices.Sorted(maps.Keys(where)); !slices.Equal(got, slices.Sorted(slices.Values(volumes))) {
		t.Errorf("mounted are %q, and there are %q", got, volumes)
	}
	for _, e := range p.Containers[0].Env {
		if strings.HasSuffix(e.Name, "_FILE") && filepath.Dir(e.Value) != secrets {
			t.Errorf("%s is %s, the secrets are in %s", e.Name, e.Value, secrets)
		}
		if e.Name == "TOCSIN_DB" && e.Value != "" && filepath.Dir(e.Value) != where["data"] {
			t.Errorf("the database is %s, the volume %s", e.Value, where["data"])
		}
	}
}

// TestDeployAsksWhatThereIs asks the program for each path that the cluster will ask it for.
func TestDeployAsksWhatThereIs(t *testing.T) {
	h := newHouse(t, func(o *options) { o.settings.OpsAddr = "127.0.0.1:0" })
	paths := map[string]bool{}
	for _, name := range []string{"sqlite/tocsin.yaml", "postgres/tocsin.yaml", "monitor.yaml"} {
		for _, found := range regexp.MustCompile(`(?m)^ +path: (/\S+)$`).FindAllStringSubmatch(deployed(t, "kubernetes/"+name), -1) {
			paths[found[1]] = true
		}
	}
	for path := range paths {
		if status, said := h.how(path); status == 0 || status == http.StatusNotFound {
			t.Errorf("there is no %s: %d %s", path, status, said)
		}
	}
	if len(paths) != 3 {
		t.Errorf("asked for are %v", paths)
	}
}

// TestDeployKustomize follows each kustomization: what it names is there, what is there is named, and it knows the image.
func TestDeployKustomize(t *testing.T) {
	named := []string{"kubernetes/monitor.yaml"} // which needs an operator that not everybody runs
	for _, folder := range []string{"common", "sqlite", "postgres"} {
		path := "kubernetes/" + folder + "/kustomization.yaml"
		k := strictly[struct {
			APIVersion      string `yaml:"apiVersion"`
			Kind, Namespace string
			Resources       []string
			Images          []struct {
				Name   string
				NewTag string `yaml:"newTag"`
			}
		}](t, path)[0]
		named = append(named, path)
		for _, r := range k.Resources {
			named = append(named, filepath.Join(filepath.Dir(path), r))
		}
		if folder == "common" {
			continue
		}
		image := strictly[workload](t, "kubernetes/"+folder+"/tocsin.yaml")[0].Spec.Template.Spec.Containers[0].Image
		if len(k.Images) != 1 || !strings.HasPrefix(image, k.Images[0].Name+":") || k.Images[0].NewTag == "" {
			t.Errorf("%s: the image is %s, replaced is %+v", path, image, k.Images)
		}
	}
	named = slices.DeleteFunc(named, func(path string) bool { return path == "kubernetes/common" })
	var there []string
	top := os.DirFS("../../deploy")
	err := fs.WalkDir(top, "kubernetes", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			there = append(there, path)
			_ = strictly[map[string]any](t, path)
		}
		return err
	})
	slices.Sort(named)
	if err != nil || !slices.Equal(named, there) {
		t.Errorf("%v: there are\n%s\nand named are\n%s", err, strings.Join(there, "\n"), strings.Join(named, "\n"))
	}
}

// TestDeployCompose reads the compose file: our services start, their secrets are files, the images are pinned.
func TestDeployCompose(t *testing.T) {
	type service struct {
		Image             string
		Environment       map[string]string
		Profiles, Secrets []string
		Rest              map[string]any `yaml:",inline"`
	}
	var file struct {
		Services map[string]service
		Secrets  map[string]struct{ File string }
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		if !isPinned(s.Image) {
			t.Errorf("%s: %s has no version", name, s.Image)
		}
		for _, secret := range s.Secrets {
			if file.Secrets[secret].File != "./secrets/"+secret {
				t.Errorf("%s: the secret %s is %+v", name, secret, file.Secrets[secret])
			}
		}
		for key, value := range s.Environment {
			if strings.HasSuffix(key, "_FILE") && !slices.Contains(s.Secrets, strings.TrimPrefix(value, "/run/secrets/")) {
				t.Errorf("%s: %s is %s, and it has the secrets %q", name, key, value, s.Secrets)
			}
		}
		if name == "postgres" {
			continue
		}
		set := imageEnvironment(t)
		maps.Copy(set, s.Environment)
		if db := starts(t, set).DB; strings.HasPrefix(db, "postgres://") != slices.Contains(s.Profiles, "postgres") {
			t.Errorf("%s: profiles %q, database %s", name, s.Profiles, db)
		}
		if s.Rest["read_only"] != true || s.Rest["cap_drop"] == nil || s.Rest["security_opt"] == nil {
			t.Errorf("%s: it may do more than it needs: %v", name, s.Rest)
		}
	}
	if len(file.Services) != 3 {
		t.Errorf("there are %d services", len(file.Services))
	}
}
