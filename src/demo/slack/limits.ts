// Slack's limits, by name, with their sources: the type comments of the Node SDK (@slack/types 3), the method pages of
// docs.slack.dev, and issue bolt-js 2509 for the undocumented total. NOT here: the checks (check-*.ts, rate-limit.ts).

export const BLOCKS_PER_MESSAGE_MAX = 50;
export const BLOCKS_PER_VIEW_MAX = 100;
/** All text of all blocks of one message. Undocumented: messages fail at about this size (issue bolt-js 2509). */
export const BLOCKS_TEXT_TOTAL_MAX = 13_000;
export const MESSAGE_TEXT_MAX = 40_000;
export const BLOCK_ID_MAX = 255;
export const ACTION_ID_MAX = 255;
export const SECTION_TEXT_MAX = 3_000;
export const SECTION_FIELDS_MAX = 10;
export const SECTION_FIELD_TEXT_MAX = 2_000;
export const HEADER_TEXT_MAX = 150;
export const CONTEXT_ELEMENTS_MAX = 10;
export const CONTEXT_TEXT_MAX = 2_000;
export const ACTIONS_ELEMENTS_MAX = 25;
export const BUTTON_TEXT_MAX = 75;
export const BUTTON_VALUE_MAX = 2_000;
export const BUTTON_URL_MAX = 3_000;
export const ACCESSIBILITY_LABEL_MAX = 75;
export const CONFIRM_TITLE_MAX = 100;
export const CONFIRM_TEXT_MAX = 300;
export const CONFIRM_BUTTON_MAX = 30;
export const SELECT_OPTIONS_MAX = 100;
export const OPTION_GROUPS_MAX = 100;
export const OPTION_TEXT_MAX = 75;
export const OPTION_VALUE_MAX = 150;
export const OVERFLOW_OPTIONS_MAX = 5;
export const CHOICE_OPTIONS_MAX = 10;
export const PLACEHOLDER_MAX = 150;
export const INPUT_LENGTH_MAX = 3_000;
export const INPUT_LABEL_MAX = 2_000;
export const INPUT_HINT_MAX = 2_000;
export const IMAGE_TEXT_MAX = 2_000;
export const IMAGE_URL_MAX = 3_000;
export const MARKDOWN_TEXT_MAX = 12_000;
export const TABLE_ROWS_MAX = 100;
export const TABLE_CELLS_MAX = 20;
export const MODAL_TITLE_MAX = 24;
export const MODAL_BUTTON_MAX = 24;
export const CALLBACK_ID_MAX = 255;
export const EXTERNAL_ID_MAX = 255;
export const PRIVATE_METADATA_MAX = 3_000;
export const VIEW_STACK_MAX = 3;
export const CHANNEL_NAME_MAX = 80;
export const CHANNELS_PER_PAGE_MAX = 1_000;
export const BOOKMARKS_PER_CHANNEL_MAX = 100;
export const PINS_PER_CHANNEL_MAX = 100;

export const TRIGGER_LIFETIME_MS = 3_000;
export const ACK_TIMEOUT_MS = 3_000;
export const RESPONSE_URL_USES_MAX = 5;
export const RESPONSE_URL_LIFETIME_MS = 30 * 60_000;
/** When an event that was not answered is sent again: at once, after 1 minute, after 5 minutes. */
export const EVENT_RETRY_DELAYS_MS = [0, 60_000, 300_000] as const;
export const SOCKETS_PER_APP_MAX = 10;

/** Ours, not Slack's: what the stand-in itself is willing to hold in memory. */
export const REQUEST_BODY_BYTES_MAX = 2 * 1024 * 1024;
export const FILE_BYTES_MAX = 20 * 1024 * 1024;
export const MESSAGES_PER_CHANNEL_KEPT_MAX = 5_000;
