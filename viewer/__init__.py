"""The slice viewer: view sessions, the WebSocket that streams slices, and its page."""
