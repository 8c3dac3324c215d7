// A vCenter or ESXi host for tests: govmomi's simulator with a certificate of the caller's, property pages, and values that it lacks.
package main

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"strconv"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// pages adds what the simulator's property collector lacks: maxObjects, ContinueRetrievePropertiesEx and CancelRetrievePropertiesEx.
// Each session has an empty one of its own, so that what is left of a retrieval lies beside it.
type pages struct {
	simulator.PropertyCollector
}

var (
	lock sync.Mutex
	next int
	rest = map[string][]types.ObjectContent{}
	size = map[string]int{}
)

func page(objects []types.ObjectContent, count int) *types.RetrieveResult {
	if count <= 0 || len(objects) <= count {
		return &types.RetrieveResult{Objects: objects}
	}
	lock.Lock()
	defer lock.Unlock()
	next++
	token := strconv.Itoa(next)
	rest[token], size[token] = objects[count:], count
	return &types.RetrieveResult{Objects: objects[:count], Token: token}
}

func take(token string) ([]types.ObjectContent, int, bool) {
	lock.Lock()
	defer lock.Unlock()
	objects, ok := rest[token]
	delete(rest, token)
	return objects, size[token], ok
}

func (p *pages) RetrievePropertiesEx(ctx *simulator.Context, r *types.RetrievePropertiesEx) soap.HasFault {
	answer := p.PropertyCollector.RetrievePropertiesEx(ctx, r)
	body, ok := answer.(*methods.RetrievePropertiesExBody)
	if ok && body.Res != nil && body.Res.Returnval != nil {
		body.Res.Returnval = page(body.Res.Returnval.Objects, int(r.Options.MaxObjects))
	}
	return answer
}

func (p *pages) ContinueRetrievePropertiesEx(ctx *simulator.Context, r *types.ContinueRetrievePropertiesEx) soap.HasFault {
	body := &methods.ContinueRetrievePropertiesExBody{}
	objects, count, ok := take(r.Token)
	if !ok {
		body.Fault_ = simulator.Fault("unknown token", &types.InvalidArgument{InvalidProperty: "token"})
		return body
	}
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: *page(objects, count)}
	return body
}

func (p *pages) CancelRetrievePropertiesEx(ctx *simulator.Context, r *types.CancelRetrievePropertiesEx) soap.HasFault {
	take(r.Token)
	return &methods.CancelRetrievePropertiesExBody{Res: &types.CancelRetrievePropertiesExResponse{}}
}

// seed gives hosts and port groups what a real server has and the simulator leaves empty.
func seed() {
	for _, host := range simulator.Map.All("HostSystem") {
		h := host.(*simulator.HostSystem)
		h.Config.DateTimeInfo = &types.HostDateTimeInfo{
			TimeZone:  types.HostDateTimeSystemTimeZone{Key: "UTC", Name: "UTC", Description: "UTC"},
			NtpConfig: &types.HostNtpConfig{Server: []string{"ntp.example.net"}},
		}
	}
	no := &types.BoolPolicy{Value: types.NewBool(false)}
	for _, group := range simulator.Map.All("DistributedVirtualPortgroup") {
		g := group.(*simulator.DistributedVirtualPortgroup)
		if setting, ok := g.Config.DefaultPortConfig.(*types.VMwareDVSPortSetting); ok {
			setting.SecurityPolicy = &types.DVSSecurityPolicy{AllowPromiscuous: no, ForgedTransmits: no, MacChanges: no}
		}
	}
}

func main() {
	esx := flag.Bool("esx", false, "one ESXi host in the place of a vCenter")
	certificate := flag.String("certificate", "", "PEM of the certificate")
	key := flag.String("key", "", "PEM of its key")
	user := flag.String("user", "audit@vsphere.local", "who may log in")
	password := flag.String("password", "", "with what")
	machines := flag.Int("vm", 2, "machines of each pool")
	flag.Parse()
	log.SetOutput(io.Discard)

	model := simulator.VPX()
	if *esx {
		model = simulator.ESX()
	}
	model.Machine = *machines
	if err := model.Create(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	seed()
	content := simulator.Map.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content
	collector := simulator.Map.Get(content.PropertyCollector).(*simulator.PropertyCollector)
	simulator.Map.Put(&pages{*collector})
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(*user, *password)}
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	server := model.Service.NewServer()
	fmt.Println(server.URL.Host)
	// The end of standard input is the end of the test.
	bufio.NewReader(os.Stdin).ReadString(0)
	server.Close()
}
