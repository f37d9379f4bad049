package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogConfigurationFileTest {
  @TempDir Path folder;

  private String problem(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    String byAddress = LogConfigurationFile.problem(file.toUri().toString());
    assertThat(LogConfigurationFile.problem(file.toString())).isEqualTo(byAddress);
    if (byAddress != null) {
      assertThat(byAddress)
          .startsWith(file + ": ")
          .endsWith(" (expected: a Log4j 2 configuration)")
          .hasLineCount(1);
    }
    return String.valueOf(byAddress);
  }

  @ParameterizedTest
  @CsvSource({
    "log4j.properties, 'log4j.rootLogger=INFO, A1', it is a Log4j 1 configuration",
    "a.xml, '<!DOCTYPE log4j:configuration SYSTEM \"log4j.dtd\"><log4j:configuration"
        + " xmlns:log4j=\"x\"/>', it is a Log4j 1 configuration",
    "a.xml, '<Settings/>', its outermost element is Settings",
    "a.xml, '<Configuration>', line 1 is no XML",
    "a.xml, '', is no XML",
    "a.properties, 'appender.a.type=Console', No name attribute",
    "a.json, '[]', it is no JSON object",
    "a.json, '{', is no JSON",
    "a.conf, 'x', 'does not end with .xml, .properties or .json'",
  })
  void namesFileAndReason(String name, String text, String reason) throws IOException {
    assertThat(problem(name, text)).contains(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "log config é.xml, '<Configuration><Loggers/></Configuration>'",
    "a.properties, 'rootLogger.level=info'",
    "a.json, '{\"configuration\": {}}'",
  })
  void findsNothingInAGoodOne(String name, String text) throws IOException {
    assertThat(problem(name, text)).isEqualTo("null");
  }

  @Test
  void leavesResourcesAndAddressesToLog4j() {
    assertThat(LogConfigurationFile.problem("log4j2-console.xml")).isNull();
    assertThat(LogConfigurationFile.problem("https://host/log4j2.xml")).isNull();
    assertThat(LogConfigurationFile.problem("file:///nowhere/log4j2.xml")).contains("no such file");
  }
}
