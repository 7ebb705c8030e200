"""The MCP server: what a model's host may ask of a deployment. Needs `forerun[mcp]`."""

from forerun.mcp.doors import Door, OpenDoor
from forerun.mcp.over_http import PATH, over_http, serve_http
from forerun.mcp.over_stdio import serve_stdio

__all__ = ["PATH", "Door", "OpenDoor", "over_http", "serve_http", "serve_stdio"]
