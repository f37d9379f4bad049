/** To be described. */
@NullMarked
package ai.mariner.net;

import org.jspecify.annotations.NullMarked;
