// A client and an upstream on the official Go SDK: `sdk upstream`, `sdk client URL TOKEN`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type numbers struct {
	A int `json:"a" jsonschema:"the first"`
	B int `json:"b" jsonschema:"the second"`
}
type sum struct {
	Sum int `json:"sum"`
}

func add(_ context.Context, _ *mcp.CallToolRequest, in numbers) (*mcp.CallToolResult, sum, error) {
	return nil, sum{in.A + in.B}, nil
}

type bearer struct{ token string }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(request)
}

func main() {
	ctx := context.Background()
	if os.Args[1] == "upstream" {
		server := mcp.NewServer(&mcp.Implementation{Name: "go-upstream", Version: "1.0.0"}, nil)
		mcp.AddTool(server, &mcp.Tool{Name: "add", Description: "Adds two numbers"}, add)
		if err := server.Run(ctx, &mcp.StdioTransport{}); err != nil {
			log.Fatal(err)
		}
		return
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "go-client", Version: "1.0.0"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "Ada"}}, nil
		},
	})
	transport := &mcp.StreamableClientTransport{
		Endpoint:   os.Args[2],
		HTTPClient: &http.Client{Transport: bearer{os.Args[3]}},
	}
	session, err := client.Connect(ctx, transport, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	call := func(name string, args map[string]any) string {
		result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: args})
		if err != nil {
			log.Fatal(err)
		}
		return result.Content[0].(*mcp.TextContent).Text
	}
	tools := []string{}
	for tool, err := range session.Tools(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		tools = append(tools, tool.Name)
	}
	said, _ := json.Marshal(map[string]any{
		"tools":   tools,
		"added":   call("go_add", map[string]any{"a": 19, "b": 23}),
		"greeted": call("up_test_input_required_result_elicitation", map[string]any{}),
	})
	fmt.Println(string(said))
}
