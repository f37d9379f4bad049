package ai.mariner.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Feeds a parser with damaged copies of good inputs. In a usual run it does a fixed number of
 * rounds with a fixed seed; with the property {@code mariner.fuzz.seconds} it goes on for that long
 * with seeds of its own. An input that the check does not stand is kept in the module's test
 * resources, below {@code fuzz}, and is tried first from then on.
 */
public final class Fuzz {
  private static final long SEED = 20261121;
  private static final int MOST_BYTES = 64 * 1024;

  private final Path found;
  private final List<byte[]> seeds;
  private final List<byte[]> words;

  /**
   * Makes a fuzzer.
   *
   * @param module name of the Gradle module, where found inputs are kept
   * @param target name of what is fuzzed
   * @param seeds good inputs
   * @param words pieces that mean something to the parser
   */
  public Fuzz(String module, String target, List<byte[]> seeds, List<String> words) {
    Path root = Path.of(System.getProperty("mariner.root", "."));
    this.found = root.resolve(Path.of("frontend", module, "src/test/resources/fuzz", target));
    this.seeds = List.copyOf(seeds);
    this.words = words.stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }

  /**
   * Runs the check on what was found before, then on new inputs.
   *
   * @param rounds number of new inputs in a usual run
   * @param check throws when the parser does what it must not
   */
  public void run(int rounds, Consumer<byte[]> check) {
    for (Path kept : kept()) {
      tried(read(kept), check);
    }
    String seconds = System.getProperty("mariner.fuzz.seconds");
    if (seconds == null || seconds.isEmpty()) {
      Random random = new Random(SEED);
      for (int round = 0; round < rounds; round++) {
        tried(next(random), check);
      }
      return;
    }
    long end = System.nanoTime() + Duration.ofSeconds(Long.parseLong(seconds)).toNanos();
    Random random = new Random();
    long tried = 0;
    while (System.nanoTime() - end < 0) {
      tried(next(random), check);
      tried++;
    }
    System.out.println("fuzz: " + found.getFileName() + ": " + tried + " inputs");
  }

  private void tried(byte[] input, Consumer<byte[]> check) {
    try {
      check.accept(input.clone());
    } catch (RuntimeException | Error e) {
      throw new AssertionError("input " + keep(input), e);
    }
  }

  private List<Path> kept() {
    if (!Files.isDirectory(found)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(found)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path keep(byte[] input) {
    CRC32 sum = new CRC32();
    sum.update(input);
    Path file = found.resolve(HexFormat.of().toHexDigits((int) sum.getValue()) + ".bin");
    try {
      Files.createDirectories(found);
      Files.write(file, input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private byte[] next(Random random) {
    byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
    for (int edits = 1 + random.nextInt(5); edits > 0; edits--) {
      bytes = edited(bytes, random);
    }
    return bytes;
  }

  private byte[] edited(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length + 1);
    int to = Math.min(bytes.length, at + random.nextInt(16));
    byte[] other = seeds.get(random.nextInt(seeds.size()));
    return switch (random.nextInt(7)) {
      case 0 -> spliced(bytes, at, to, new byte[] {(byte) random.nextInt(256)});
      case 1 -> flipped(bytes, random);
      case 2 -> spliced(bytes, at, to, new byte[0]);
      case 3 -> spliced(bytes, at, at, slice(bytes, at, to));
      case 4 -> spliced(bytes, at, bytes.length, slice(other, random.nextInt(other.length + 1)));
      default ->
          words.isEmpty()
              ? flipped(bytes, random)
              : spliced(bytes, at, at, words.get(random.nextInt(words.size())));
    };
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    if (bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static byte[] slice(byte[] bytes, int from) {
    return slice(bytes, from, bytes.length);
  }

  private static byte[] slice(byte[] bytes, int from, int to) {
    byte[] part = new byte[to - from];
    System.arraycopy(bytes, from, part, 0, part.length);
    return part;
  }

  /** The bytes with others in the place of those from {@code from} to {@code to}. */
  private static byte[] spliced(byte[] bytes, int from, int to, byte[] middle) {
    int tail = bytes.length - to;
    if (from + middle.length + tail > MOST_BYTES) {
      return bytes;
    }
    byte[] result = new byte[from + middle.length + tail];
    System.arraycopy(bytes, 0, result, 0, from);
    System.arraycopy(middle, 0, result, from, middle.length);
    System.arraycopy(bytes, to, result, from + middle.length, tail);
    return result;
  }
}
