module switchyard.test/sdk

go 1.24

require github.com/modelcontextprotocol/go-sdk v1.8.0
