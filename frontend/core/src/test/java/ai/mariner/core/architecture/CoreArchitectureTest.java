package ai.mariner.core.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The floors of the core, read from its sources. */
class CoreArchitectureTest {
  private static final String ROOT = "ai.mariner.core.";
  private static final Path SOURCES =
      Path.of(System.getProperty("mariner.root"), "frontend/core/src/main/java/ai/mariner/core");

  /** What each package may name. Values at the bottom name each other only in one direction. */
  private static final Map<String, Set<String>> MAY_NAME =
      Map.ofEntries(
          Map.entry("time", Set.of()),
          Map.entry("error", Set.of()),
          Map.entry("message", Set.of("error")),
          Map.entry("config", Set.of("message", "error")),
          Map.entry("metrics", Set.of("message", "error")),
          Map.entry("access", Set.of("message", "error", "config")),
          Map.entry("worker", Set.of("message", "error", "config", "time", "metrics")),
          Map.entry("job", Set.of("worker", "message", "error", "config", "time")),
          Map.entry("process", Set.of("job", "worker", "message", "error", "config", "time")),
          Map.entry("seat", Set.of("worker", "message", "config", "time")),
          Map.entry("cache", Set.of("job", "message", "error", "config", "time", "metrics")),
          Map.entry(
              "crew",
              Set.of(
                  "seat", "process", "job", "worker", "message", "error", "config", "time",
                  "metrics")),
          Map.entry(
              "queue",
              Set.of(
                  "crew", "process", "cache", "job", "worker", "message", "error", "config", "time",
                  "metrics")),
          Map.entry("graph", Set.of("message", "error", "time")),
          Map.entry("application", Set.of("message", "error")),
          Map.entry(
              "model",
              Set.of(
                  "application",
                  "graph",
                  "queue",
                  "crew",
                  "process",
                  "job",
                  "worker",
                  "message",
                  "error",
                  "config",
                  "time",
                  "metrics")),
          Map.entry(
              "inference",
              Set.of("model", "graph", "queue", "message", "error", "time", "metrics")));

  private static final Pattern OWN_NAME = Pattern.compile("\\bai\\.mariner\\.core\\.([a-z]+)\\.");
  private static final Pattern FOREIGN_NAME =
      Pattern.compile("\\b(io\\.netty|io\\.grpc|com\\.fasterxml|org\\.yaml|io\\.prometheus)\\b");
  private static final Pattern MUTABLE_STATIC =
      Pattern.compile("^ +(?!.*\\bfinal\\b)[\\w<>?, ]*\\bstatic\\b[^({]*(=|;)", Pattern.MULTILINE);
  private static final Pattern MUTABLE_CONSTANT =
      Pattern.compile(
          "static final"
              + " [^=;({]*\\b(Atomic\\w+|\\w*Map|\\w*Set|\\w*List|\\w*Queue|\\w*Deque|\\w+\\[\\])(<[^=;]*>)?"
              + " \\w+ *= *new ");

  private record Source(String floor, Path path, String text) {}

  private static List<Source> sources() {
    try (Stream<Path> paths = Files.walk(SOURCES)) {
      return paths
          .filter(path -> path.toString().endsWith(".java"))
          .map(CoreArchitectureTest::source)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Source source(Path path) {
    try {
      String floor = SOURCES.relativize(path).getName(0).toString();
      return new Source(floor, path.getFileName(), withoutComments(Files.readString(path)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String withoutComments(String text) {
    return text.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)//.*$", "");
  }

  @Test
  void everyPackageHasAFloor() {
    assertThat(sources()).hasSizeGreaterThan(50);
    assertThat(sources()).allSatisfy(source -> assertThat(MAY_NAME).containsKey(source.floor()));
  }

  @Test
  void packagesNameOnlyFloorsBelowThem() {
    List<String> violations = new ArrayList<>();
    for (Source source : sources()) {
      Matcher names = OWN_NAME.matcher(source.text());
      while (names.find()) {
        String named = names.group(1);
        boolean own = named.equals(source.floor());
        if (!own && !MAY_NAME.getOrDefault(source.floor(), Set.of()).contains(named)) {
          violations.add(source.floor() + "/" + source.path() + " names " + ROOT + named);
        }
      }
    }
    assertThat(violations).isEmpty();
  }

  @Test
  void theCoreNamesNoTransportAndNoFormat() {
    assertThat(sources())
        .allSatisfy(
            source ->
                assertThat(FOREIGN_NAME.matcher(source.text()).find())
                    .as("a transport in %s", source.path())
                    .isFalse());
  }

  @Test
  void noStaticFieldCanChange() {
    assertThat(sources())
        .allSatisfy(
            source -> {
              assertThat(MUTABLE_STATIC.matcher(source.text()).results().map(r -> r.group()))
                  .as("static fields of %s", source.path())
                  .isEmpty();
              assertThat(MUTABLE_CONSTANT.matcher(source.text()).results().map(r -> r.group()))
                  .as("mutable constants of %s", source.path())
                  .isEmpty();
            });
  }

  @Test
  void theScanSeesWhatItLooksFor() {
    assertThat(MUTABLE_STATIC.matcher("  private static int count = 0;").find()).isTrue();
    assertThat(MUTABLE_STATIC.matcher("  static volatile Map<A, B> all;").find()).isTrue();
    assertThat(MUTABLE_STATIC.matcher("  private static final int LIMIT = 4;").find()).isFalse();
    assertThat(MUTABLE_STATIC.matcher("  static Body of(byte[] bytes) {").find()).isFalse();
    assertThat(MUTABLE_CONSTANT.matcher("static final Map<A, B> ALL = new HashMap<>();").find())
        .isTrue();
    assertThat(FOREIGN_NAME.matcher("import io.netty.buffer.ByteBuf;").find()).isTrue();
  }

  @Test
  void everyPackageSaysWhereToStart() {
    assertThat(MAY_NAME.keySet())
        .allSatisfy(
            floor -> assertThat(SOURCES.resolve(floor).resolve("package-info.java")).exists());
  }
}
