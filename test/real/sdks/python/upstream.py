"""An MCP server on the official Python SDK: `python upstream.py stdio|http [PORT]`."""

import sys

from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("python-upstream", version="1.0.0")


class Name(BaseModel):
    name: str


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
async def count(to: int, ctx: Context) -> str:
    """Counts and says how far it is."""
    for step in range(to):
        await ctx.report_progress(step + 1, to)
    return "counted"


@server.tool()
async def greet(ctx: Context) -> str:
    """Asks for a name and greets."""
    answer = await ctx.elicit("What is your name?", Name)
    return f"Hello, {answer.data.name}!"


@server.resource("notes://today")
def today() -> str:
    """A note."""
    return "written in Python"


@server.prompt()
def review(topic: str) -> str:
    """Asks for a review."""
    return f"Review {topic}"


if sys.argv[1] == "stdio":
    server.run("stdio")
else:
    server.run("streamable-http", port=int(sys.argv[2]))
