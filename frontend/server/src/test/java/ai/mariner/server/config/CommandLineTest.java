package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineTest {
  @Test
  void longAndShortNamesMeanTheSame() {
    CommandLine.Parsed longNames =
        CommandLine.parse(
            List.of(
                "--python",
                "/usr/bin/python3",
                "--ts-config-file",
                "c.properties",
                "--model-store=store",
                "--workflow-store",
                "flows",
                "--models",
                "a=a.mar",
                "b.mar",
                "--no-config-snapshot",
                "--disable-token-auth",
                "--enable-model-api"));
    CommandLine.Parsed shortNames =
        CommandLine.parse(
            List.of(
                "-e",
                "/usr/bin/python3",
                "-f",
                "c.properties",
                "-s",
                "store",
                "-w",
                "flows",
                "-m",
                "a=a.mar",
                "b.mar",
                "-ncs",
                "-dt",
                "-mapi"));
    assertThat(longNames).isEqualTo(shortNames);
    assertThat(longNames.problems()).isEmpty();
    assertThat(longNames.commandLine())
        .isEqualTo(
            new CommandLine(
                Path.of("/usr/bin/python3"),
                Path.of("c.properties"),
                Path.of("store"),
                Path.of("flows"),
                null,
                List.of("a=a.mar", "b.mar"),
                null,
                true,
                true,
                false,
                null,
                null,
                null,
                null,
                null,
                true,
                false));
  }

  @Test
  void readsTheProductsOwnOptions() {
    CommandLine line =
        CommandLine.parse(
                List.of(
                    "--allow-insecure",
                    "--server-home",
                    "/opt",
                    "--state-file",
                    "/run/s.json",
                    "--run-folder",
                    "/run/r",
                    "--parent",
                    "17",
                    "--scratch",
                    "/tmp/s"))
            .commandLine();
    assertThat(line.allowInsecure()).isTrue();
    assertThat(line.serverHome()).isEqualTo(Path.of("/opt"));
    assertThat(line.stateFile()).isEqualTo(Path.of("/run/s.json"));
    assertThat(line.runFolder()).isEqualTo(Path.of("/run/r"));
    assertThat(line.parent()).isEqualTo(17);
    assertThat(line.scratch()).isEqualTo(Path.of("/tmp/s"));
  }

  @Test
  void namesOptionsThatAreGivenTwiceAndTakesTheLast() {
    CommandLine.Parsed parsed =
        CommandLine.parse(List.of("-s", "a", "--enable-model-api", "--model-store", "b"));
    assertThat(parsed.problems()).isEmpty();
    assertThat(parsed.repeated())
        .containsExactly("--model-store: given more than once (expected: once)");
    assertThat(parsed.commandLine().modelStore()).isEqualTo(Path.of("b"));
  }

  @Test
  void namesEveryBadArgument() {
    assertThat(
            CommandLine.parse(List.of("--modelstore", "x", "-clog", "f", "--models", "--python"))
                .problems())
        .containsExactly(
            "argument: --modelstore (expected: an option; did you mean --model-store?)",
            "argument: x (expected: an option)",
            "--cpp-log-config: f is not supported yet",
            "--models: nothing (expected: a value)",
            "--python: nothing (expected: a value)");
  }

  @Test
  void nothingMeansNothing() {
    assertThat(CommandLine.parse(List.of()))
        .isEqualTo(new CommandLine.Parsed(CommandLine.EMPTY, List.of(), List.of()));
  }
}
