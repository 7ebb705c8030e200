"""The MCP server: what a model's host may ask of a deployment. Needs `forerun[mcp]`."""

from forerun.mcp.over_http import PATH, over_http, serve_http
from forerun.mcp.over_stdio import KEY_VARIABLE, serve_stdio

__all__ = ["KEY_VARIABLE", "PATH", "over_http", "serve_http", "serve_stdio"]
