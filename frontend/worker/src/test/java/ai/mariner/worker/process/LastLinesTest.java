package ai.mariner.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LastLinesTest {
  private final LastLines lines = new LastLines();

  @Test
  void isEmptyAtFirst() {
    assertThat(lines.text()).isEmpty();
  }

  @Test
  void keepsTheLastLinesInOrder() {
    IntStream.range(0, 1000).forEach(i -> lines.add("line " + i));
    assertThat(lines.text()).startsWith("line 940\n").endsWith("\nline 999");
    assertThat(lines.text().lines()).hasSize(60);
  }

  @Test
  void isBoundedInSizeAndShortensLongLines() {
    IntStream.range(0, 100).forEach(i -> lines.add(i + "x".repeat(100_000)));
    assertThat(lines.text().length()).isLessThanOrEqualTo(8192);
    assertThat(lines.text()).contains("99xxx").contains("…");
  }
}
