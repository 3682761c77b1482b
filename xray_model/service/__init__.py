"""The interface for programs: answers over HTTP, with the pages' limits and decoding processes (extra `serve`)."""
