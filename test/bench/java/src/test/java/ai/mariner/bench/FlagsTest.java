package ai.mariner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

class FlagsTest {
  private static Flags parse(String... arguments) {
    return Flags.parse(arguments, Set.of("port", "rate", "api"));
  }

  private static void refused(Runnable what, String message) {
    assertThatThrownBy(what::run).isInstanceOf(UsageException.class).hasMessage(message);
  }

  @Test
  void valuesAreRead() {
    Flags flags = parse("--port", "80", "--rate", "0.5", "--api", "oip");
    assertThat(flags.whole("port", 0, null)).isEqualTo(80);
    assertThat(flags.number("rate", false, null)).isEqualTo(0.5);
    assertThat(flags.oneOf("api", "torchserve", "oip")).isEqualTo("oip");
  }

  @Test
  void defaultsStandForWhatIsNotGiven() {
    Flags flags = parse();
    assertThat(flags.whole("port", 0, 7)).isEqualTo(7);
    assertThat(flags.number("rate", false, 2.0)).isEqualTo(2.0);
    assertThat(flags.oneOf("api", "torchserve", "oip")).isEqualTo("torchserve");
  }

  @Test
  void unknownFlagIsRefused() {
    refused(() -> parse("--prot", "1"), "--prot: unknown (expected: one of --api, --port, --rate)");
    refused(() -> parse("port", "1"), "port: unknown (expected: one of --api, --port, --rate)");
  }

  @Test
  void flagWithoutValueIsRefused() {
    refused(() -> parse("--port"), "--port: nothing (expected: a value)");
  }

  @Test
  void flagGivenTwiceIsRefused() {
    refused(() -> parse("--port", "1", "--port", "2"), "--port: given twice (expected: once)");
  }

  @Test
  void missingFlagIsRefused() {
    refused(() -> parse().text("port"), "--port: missing (expected: a value)");
    refused(() -> parse().whole("port", 0, null), "--port: missing (expected: a value)");
  }

  @Test
  void malformedValueIsRefused() {
    refused(
        () -> parse("--port", "x").whole("port", 0, null),
        "--port: x (expected: a whole number >= 0)");
    refused(() -> parse("--port", "-1").whole("port", 0, null), "--port: -1 (expected: >= 0)");
    refused(
        () -> parse("--rate", "0").number("rate", false, null),
        "--rate: 0 (expected: a number > 0)");
    refused(
        () -> parse("--rate", "NaN").number("rate", true, null),
        "--rate: NaN (expected: a number >= 0)");
    refused(
        () -> parse("--api", "rest").oneOf("api", "torchserve", "oip"),
        "--api: rest (expected: one of torchserve, oip)");
  }
}
