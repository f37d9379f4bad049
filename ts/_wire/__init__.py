"""The frames between the frontend and its workers; `proto/wire/README.md` is their definition.

`messages` holds the values, `codec` turns them into bytes and back, `channel` moves frames over a socket.
Standard library only.
"""
