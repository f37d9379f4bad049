package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.net.TlsMaterial;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One load of a configuration on a machine with 4 CPUs, no GPU and 1 GiB of direct memory. */
final class Loading {
  static final Path FOLDER = Path.of("/srv/app");

  private final Profile profile;
  private final Map<String, String> environment = new HashMap<>();
  private CommandLine commandLine =
      CommandLine.parse(List.of("--server-home", "/opt/mariner")).commandLine();
  private String file = "";
  private int gpus;

  private Loading(Profile profile) {
    this.profile = profile;
  }

  static Loading as(Profile profile) {
    return new Loading(profile);
  }

  static Loading torchserve(String... lines) {
    return as(Profile.TORCHSERVE).file(lines);
  }

  static Loading mariner(String... lines) {
    return as(Profile.MARINER).file(lines);
  }

  Loading file(String... lines) {
    file = String.join("\n", lines);
    return this;
  }

  Loading env(String name, String value) {
    environment.put(name, value);
    return this;
  }

  Loading gpus(int count) {
    gpus = count;
    return this;
  }

  Loading args(String... arguments) {
    List<String> all = new java.util.ArrayList<>(List.of("--server-home", "/opt/mariner"));
    all.addAll(List.of(arguments));
    CommandLine.Parsed parsed = CommandLine.parse(all);
    assertThat(parsed.problems()).isEmpty();
    commandLine = parsed.commandLine();
    return this;
  }

  Loading bareArgs() {
    commandLine = CommandLine.EMPTY;
    return this;
  }

  ConfigOutcome outcome() {
    Machine machine =
        new Machine(
            4,
            () -> gpus,
            1L << 30,
            Path.of("/tmp/mariner-1"),
            path -> !path.toString().contains("missing"),
            path -> !path.toString().contains("missing"),
            TlsMaterial::read);
    PropertiesFile parsed =
        file.isEmpty() ? null : PropertiesFile.parse(Path.of("config.properties"), file);
    return new ConfigLoader(machine, "0.13.0")
        .load(profile, commandLine, environment, FOLDER, parsed);
  }

  ServerConfig config() {
    ConfigOutcome outcome = outcome();
    assertThat(outcome).isInstanceOf(ConfigOutcome.Loaded.class);
    return ((ConfigOutcome.Loaded) outcome).config();
  }

  List<String> problems() {
    ConfigOutcome outcome = outcome();
    return outcome instanceof ConfigOutcome.Refused refused ? refused.problems() : List.of();
  }

  List<String> warnings() {
    return outcome().warnings();
  }
}
