"""The console of a script: what workers print, as they print it; and what the server warns of, in lines like
Mosec's own.
"""

from __future__ import annotations

from pathlib import Path

_TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN" shutdownHook="disable">
  <Appenders>
    <Console name="out" target="SYSTEM_OUT">
      <ThresholdFilter level="WARN" onMatch="DENY" onMismatch="NEUTRAL"/>
      <PatternLayout pattern="%m%n"/>
    </Console>
    <Console name="err" target="SYSTEM_ERR">
      <ThresholdFilter level="WARN"/>
      <PatternLayout pattern="%m%n"/>
    </Console>
    <Console name="lines" target="SYSTEM_ERR">
      <PatternLayout alwaysWriteExceptions="false">
        <Pattern>{line}%n</Pattern>
      </PatternLayout>
    </Console>
    <!-- A terminal that does not read holds up who prints, never the server. -->
    <Async name="workers" blocking="true" bufferSize="8192" shutdownTimeout="5000">
      <AppenderRef ref="out"/>
      <AppenderRef ref="err"/>
    </Async>
    <Async name="server" blocking="false" bufferSize="8192" shutdownTimeout="5000">
      <AppenderRef ref="lines"/>
    </Async>
  </Appenders>
  <Loggers>
    <Root level="{level}">
      <AppenderRef ref="server"/>
    </Root>
    <Logger name="MODEL_LOG" level="info" additivity="false">
      <AppenderRef ref="workers"/>
    </Logger>
    <Logger name="io.grpc" level="error"/>
    <Logger name="io.netty" level="error"/>
    <Logger name="org.apache" level="off"/>
    <Logger name="ACCESS_LOG" level="off"/>
    <Logger name="TS_METRICS" level="off"/>
    <Logger name="MODEL_METRICS" level="off"/>
  </Loggers>
</Configuration>
"""

_LINE = (
    """{"timestamp": "%d{yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'}{UTC}", "level": "%p{WARN=WARNING}", """
    """"fields": {"message": "%enc{%m%notEmpty{%n%xEx}}{JSON}"}, "target": "mosec::%c{1}"}"""
)


def write_configuration(folder: Path, verbose: bool) -> Path:
    """Writes how the server logs, in Log4j's words, and returns where that is.

    Args:
        folder: of the run.
        verbose: whether the server tells what it does, too.
    """
    file = folder / "log4j2.xml"
    file.write_text(_TEMPLATE.format(level="info" if verbose else "warn", line=_LINE), encoding="utf-8")
    return file
