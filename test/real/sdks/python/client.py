"""Uses a hub as the official Python SDK does: `python client.py URL TOKEN MODE`; prints JSON."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult


async def elicited(context, params):
    return ElicitResult(action="accept", content={"name": "Ada"})


async def main(url: str, token: str, mode: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=elicited) as client:
            steps = []

            async def progress(done, total, message):
                steps.append(done)

            listed = await client.list_tools()
            added = await client.call_tool("py_add", {"a": 19, "b": 23})
            counted = await client.call_tool("py_count", {"to": 5}, progress_callback=progress)
            note = await client.read_resource("notes://today")
            prompt = await client.get_prompt("py_review", {"topic": "relays"})
            greeted = await client.call_tool("up_test_input_required_result_elicitation", {})
            print(
                json.dumps(
                    {
                        "protocol": client.protocol_version,
                        "tools": [tool.name for tool in listed.tools],
                        "added": added.content[0].text,
                        "counted": counted.content[0].text,
                        "steps": steps,
                        "note": note.contents[0].text,
                        "prompt": prompt.messages[0].content.text,
                        "greeted": greeted.content[0].text,
                    }
                )
            )


asyncio.run(main(*sys.argv[1:4]))
