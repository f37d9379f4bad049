package ai.mariner.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {
  private static final int LONGEST = 64 * 1024;

  private static List<String> lines(byte[] bytes) {
    List<String> lines = new ArrayList<>();
    new LineReader(new ByteArrayInputStream(bytes), lines::add).readAll();
    return lines;
  }

  private static List<String> lines(String text) {
    return lines(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void cutsAtLineEnds() {
    assertThat(lines("")).isEmpty();
    assertThat(lines("a\n\nb\r\nc")).containsExactly("a", "", "b", "c");
    assertThat(lines("progress 1%\rprogress 2%\n")).containsExactly("progress 1%\rprogress 2%");
  }

  @Test
  void replacesWhatIsNotUtf8() {
    byte[] bytes = {'a', (byte) 0xff, 'b', '\n', (byte) 0xe2, (byte) 0x82, '\n', 'c'};
    assertThat(lines(bytes)).containsExactly("a\uFFFDb", "\uFFFD", "c");
  }

  @ParameterizedTest
  @ValueSource(ints = {LONGEST - 1, LONGEST, LONGEST + 1, 5 * LONGEST, 5 * LONGEST + 7})
  void cutsALineThatNeverEndsWithoutLosingAnything(int length) {
    String text = "x".repeat(length);
    List<String> pieces = lines(text + "\nnext\n");
    assertThat(String.join("", pieces)).isEqualTo(text + "next");
    assertThat(pieces).allMatch(piece -> piece.length() <= LONGEST).contains("next");
  }

  @ParameterizedTest
  @ValueSource(strings = {"é", "€", "😀", "a€", "ab😀é", "\r"})
  void cutsALongLineBetweenCharacters(String pattern) {
    String text = pattern.repeat(3 * LONGEST / pattern.length()) + '.';
    List<String> pieces = lines(text);
    assertThat(pieces).hasSizeGreaterThan(2);
    assertThat(String.join("", pieces)).isEqualTo(text);
  }

  @Test
  void survivesALongRunOfBytesThatOnlyContinueCharacters() {
    byte[] bytes = new byte[2 * LONGEST];
    java.util.Arrays.fill(bytes, (byte) 0x80);
    assertThat(String.join("", lines(bytes))).isEqualTo("\uFFFD".repeat(2 * LONGEST));
  }

  @Test
  void keepsWhatWasReadBeforeThePipeBroke() {
    List<String> lines = new ArrayList<>();
    InputStream broken =
        new InputStream() {
          private int calls;

          @Override
          public int read() throws IOException {
            throw new IOException("broken pipe");
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            if (calls++ > 0) {
              throw new IOException("broken pipe");
            }
            byte[] text = "one\ntw".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(text, 0, target, offset, text.length);
            return text.length;
          }
        };
    new LineReader(broken, lines::add).readAll();
    assertThat(lines).containsExactly("one", "tw");
  }
}
