package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.mariner.core.config.FetchConfig;
import ai.mariner.core.config.IntakeLimits;
import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;

/** A store over two temporary folders, and what lies in them. */
final class StoreRig {
  final Path store;
  final Path work;
  List<Pattern> allowedUrls = List.of();
  boolean allowedUrlsConfigured = true;
  Profile profile = Profile.MARINER;
  boolean plainFolders = true;
  long maxArchiveBytes = 1 << 20;
  int maxArchiveEntries = 50;
  long maxDownloadBytes = 1 << 20;
  Duration downloadTimeout = Duration.ofSeconds(20);
  HostResolver resolver = HostResolver.SYSTEM;
  SSLSocketFactory tls = (SSLSocketFactory) SSLSocketFactory.getDefault();

  StoreRig(Path root) throws IOException {
    store = Files.createDirectories(root.resolve("store"));
    work = root.resolve("work");
  }

  StoreRig allow(String... regexes) {
    allowedUrls = Arrays.stream(regexes).map(Pattern::compile).toList();
    return this;
  }

  MarStore marStore() {
    LimitsConfig limits =
        new LimitsConfig(
            1 << 20,
            1 << 20,
            1 << 20,
            1 << 20,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            8192,
            Duration.ofSeconds(1),
            new IntakeLimits(100, Duration.ofSeconds(1), 0, Duration.ofSeconds(1)),
            maxArchiveBytes,
            maxArchiveEntries,
            maxDownloadBytes,
            downloadTimeout);
    FetchConfig fetch = new FetchConfig(store, allowedUrls, allowedUrlsConfigured, work);
    return new MarStore(fetch, limits, profile, plainFolders, resolver, () -> tls);
  }

  Path put(String name, byte[] content) {
    try {
      return Files.write(store.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path unpackTo(Path folder, Map<String, String> files) throws IOException {
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return folder;
  }

  /** Everything that was made for models and downloads, by name. */
  List<String> leftovers() {
    return names(work.resolve("models"));
  }

  List<String> storeNames() {
    return names(store);
  }

  private static List<String> names(Path folder) {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The failure of a fetch that must fail, after which nothing may be left. */
  Failure refusal(String location) {
    List<String> before = storeNames();
    Throwable thrown = catchThrowable(() -> marStore().fetch(location));
    assertThat(thrown).isInstanceOf(ServeException.class);
    assertThat(leftovers()).isEmpty();
    assertThat(storeNames()).isEqualTo(before);
    Failure failure = ((ServeException) thrown).failure();
    assertThat(failure.message()).doesNotContain(work.toString());
    return failure;
  }

  /** The message of a refusal of that kind. */
  String refusal(String location, ErrorKind kind) {
    Failure failure = refusal(location);
    assertThat(failure.kind()).describedAs(failure.message()).isEqualTo(kind);
    return failure.message();
  }
}
