"""The commands `mariner` and `torchserve`.

Start at `main` (mariner) or `torchserve` (the drop-in command); both launch the JVM through `launch`, which
finds it with `java` and knows it again later by `runfolder`. Imports nothing but the standard library and
psutil.
"""
