import DefaultTheme from 'vitepress/theme';
import type { Theme } from 'vitepress';
import LotteryPicture from './LotteryPicture.vue';
import RateCalculator from './RateCalculator.vue';

// oxlint-disable-next-line import/no-default-export -- VitePress reads the theme from there.
export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('LotteryPicture', LotteryPicture);
    app.component('RateCalculator', RateCalculator);
  },
} satisfies Theme;
