"""Tests of the commands: parsers and builders directly, everything else as processes over a scripted
`java`."""
