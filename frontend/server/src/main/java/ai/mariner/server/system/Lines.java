package ai.mariner.server.system;

import ai.mariner.core.config.MetricType;
import ai.mariner.server.metrics.MetricLine;
import java.time.InstantSource;
import java.util.Locale;

/**
 * Makes the lines of what the server measures itself.
 *
 * @param hostname name of this machine
 * @param clock tells the time of a line
 */
record Lines(String hostname, InstantSource clock) {
  /** A value of the machine. */
  MetricLine ofHost(String name, String unit, double value) {
    return line(name, unit, value, "Level:Host");
  }

  /** A value of a device. */
  MetricLine ofDevice(String name, String unit, double value, String device) {
    return line(name, unit, value, "Level:Host,DeviceId:" + device);
  }

  private MetricLine line(String name, String unit, double value, String dimensions) {
    return new MetricLine(
        name,
        unit,
        String.format(Locale.ROOT, "%.3f", value),
        dimensions,
        MetricType.GAUGE,
        hostname,
        Long.toString(clock.instant().getEpochSecond()),
        null);
  }
}
